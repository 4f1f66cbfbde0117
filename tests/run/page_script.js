// What the page's script computes without a document, beside what the compiler wrote: page_script.js SCRIPT PAGE REPORT
'use strict';
const fs = require('fs'), path = require('path'), assert = require('assert');
const [script, page, json] = process.argv.slice(2);
const {unpack, live_curve, total_curve, check_report, pools_sum, bands_of, ladder_points} = require(path.resolve(script));
const plan = JSON.parse(fs.readFileSync(page, 'utf8').match(/<script type="application\/json" id="plan">(.*?)<\/script>/s)[1]);
const report = check_report(JSON.parse(fs.readFileSync(json, 'utf8')));

assert.deepStrictEqual(live_curve(report, 1000), total_curve(plan.curve)); // another plan is drawn as this one is
const boxes = unpack(plan.boxes), top = Math.max(...boxes.map(b => b.offset + b.kind.bytes));
assert.strictEqual(top, plan.peak.bytes);
for (const b of boxes) if (b.partner >= 0) assert.strictEqual(boxes[b.partner].offset, b.offset);
if (!plan.boxes.folded)
    report.values.forEach((v, i) => assert.deepStrictEqual([v.birth, v.death, v.offset, v.slot ?? -1, v.in_place_of ?? -1],
        [boxes[i].birth, boxes[i].death, boxes[i].offset, boxes[i].slot, boxes[i].partner]));
assert.strictEqual(pools_sum(plan.pools), Object.values(report.pools).reduce((a, b) => a + b) - report.pools.weights - report.pools.file);
// The loupe's bands are the whole arena from below, and nothing begins or ends in a quiet one.
const [from, to] = plan.loupe, bands = bands_of(boxes, from, to, plan.peak.bytes);
assert.strictEqual(bands[0].low, 0);
assert.strictEqual(bands[bands.length - 1].high, plan.peak.bytes);
bands.forEach((b, i) => assert(i === 0 || b.low === bands[i - 1].high));
for (const b of boxes.filter(b => b.birth < to && b.death > from && (b.birth > from || b.death < to)))
    assert(bands.some(band => band.busy && band.low <= b.offset && b.offset + b.kind.bytes <= band.high));
// Every variant has its point on the ladder.
const points = ladder_points(plan.alternatives);
for (const a of plan.alternatives.filter(b => !b.refused))
    assert(points.some(p => p.arena === a.pools.arena && Math.abs(p.ms - a.ms) < 0.005 * a.ms && p.name.split(' / ').includes(a.name)));
assert.strictEqual(points.filter(p => p.chosen).length, plan.alternatives.filter(a => a.chosen).length);
for (const wrong of [{}, [], {values: 3}, null]) assert.throws(() => check_report(wrong), /not a JSON report/);
