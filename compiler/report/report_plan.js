// What the page of the HTML report computes from a plan. It knows nothing of a document and is tested by itself.
// compiler/report/report_html.c describes its data.
'use strict';

// ---- numbers ----
function mebibytes(bytes) {
    if (bytes && bytes < 102400) return (bytes / 1024).toFixed(2) + ' KiB';
    if (bytes >= 10 * 2 ** 30) return (bytes / 2 ** 30).toFixed(2) + ' GiB';
    return (bytes / 2 ** 20).toFixed(2) + ' MiB';
}
function thousands(n) { return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u2009'); }
function gigaflops(flops) { return (flops / 1e9).toFixed(flops < 1e9 ? 3 : 1) + ' GFLOP'; }
function escaped(text) {
    return String(text).replace(/[&<>"]/g, c => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c]);
}
// About `count` round numbers from 0 to most.
function ticks(most, count) {
    const raw = most / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map(s => s * power).find(s => s >= raw);
    const list = [];
    for (let t = 0; t <= most * 1.0001; t += step) list.push(t);
    return list;
}

// ---- plans ----
// Columns back to boxes; indices are those of the columns.
function unpack(boxes) {
    const list = [];
    let birth = 0;
    boxes.kind.forEach((kind, i) => {
        birth += boxes.born_after_last[i];
        list.push({kind: boxes.kinds[kind], birth, death: birth + boxes.life[i], offset: boxes.place[i] * boxes.unit,
                   partner: boxes.partner_before[i] ? i - boxes.partner_before[i] : -1, slot: -1, count: 1});
    });
    for (let k = 0; k < boxes.slots.length; k += 2) list[boxes.slots[k]].slot = boxes.slots[k + 1];
    for (let k = 0; k < boxes.counts.length; k += 2) list[boxes.counts[k]].count = boxes.counts[k + 1];
    return list;
}
// Live bytes of a JSON report: of every `width` steps the most. The same as the curve that lorac writes into the page.
function live_curve(report, most) {
    const width = Math.ceil(report.steps / most), change = new Float64Array(report.steps + 1);
    for (const v of report.values) {
        change[v.birth] += v.bytes;
        change[v.death] -= v.bytes;
    }
    const curve = [];
    let live = 0;
    for (let s = 0; s < report.steps; s++) {
        live += change[s];
        const bin = Math.floor(s / width);
        if (s % width === 0 || live > curve[bin]) curve[bin] = live;
    }
    return curve;
}
function total_curve(curve) { return curve.step.map((_, i) => curve.bytes.reduce((sum, column) => sum + column[i], 0)); }
const OUTSIDE = ['weights', 'file']; // pools that are no memory of the program's own
function pools_sum(pools) {
    return Object.keys(pools).reduce((sum, name) => sum + (OUTSIDE.includes(name) ? 0 : pools[name]), 0);
}
// Throws a sentence for people when it is not a report that the page can show.
function check_report(report) {
    const good = report && Array.isArray(report.values) && report.steps > 0 && report.pools && report.peak;
    if (!good) throw new Error('this is not a JSON report of lorac');
    return report;
}
// Values at the peak by name: {name: bytes}.
function peak_by_name(holders) {
    const sums = new Map();
    for (const h of holders) sums.set(h.name, (sums.get(h.name) || 0) + h.bytes);
    return sums;
}
function remedy_words(remedies, ms) {
    return remedies.map(r => {
        const price = [];
        if (r.ms) price.push('about +' + (100 * r.ms / ms).toFixed(r.ms < 0.1 * ms ? 1 : 0) + ' % time');
        if (r.file_bytes) price.push(mebibytes(r.file_bytes) + ' through a file each step');
        return `<b>${r.how}</b>${price.length ? ' (' + price.join(', ') + ')' : ''}`;
    }).join(' or ');
}

// ---- pictures ----
// Bands where something begins or ends in [from, to) are drawn in full. The bands between them do not change and are
// drawn as strips.
function bands_of(boxes, from, to, top) {
    const seen = boxes.filter(b => b.birth < to && b.death > from && !(b.birth <= from && b.death >= to));
    const bands = [];
    let below = 0;
    for (const b of seen.sort((a, c) => a.offset - c.offset)) {
        const last = bands[bands.length - 1], high = b.offset + b.kind.bytes;
        if (last && last.busy && b.offset <= last.high) last.high = Math.max(last.high, high);
        else {
            if (b.offset > below) bands.push({low: below, high: b.offset, busy: false});
            bands.push({low: b.offset, high, busy: true});
        }
        below = bands[bands.length - 1].high;
    }
    if (below < top) bands.push({low: below, high: top, busy: !bands.length});
    return bands;
}
// Variants of the same arena and (nearly) the same time share a point.
function ladder_points(alternatives) {
    const points = [];
    for (const a of alternatives.filter(b => !b.refused)) {
        const same = points.find(p => p.arena === a.pools.arena && Math.abs(p.ms - a.ms) < 0.005 * a.ms);
        if (same) same.name += ' / ' + a.name;
        else points.push({name: a.name, arena: a.pools.arena, ms: a.ms, chosen: false});
        const point = same || points[points.length - 1];
        point.chosen = point.chosen || a.chosen;
    }
    return points.sort((a, b) => a.ms - b.ms || b.arena - a.arena);
}
if (typeof document === 'undefined') module.exports = {bands_of, ladder_points, unpack, live_curve, total_curve, check_report, pools_sum};
