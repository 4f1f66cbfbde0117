// The page of the HTML report: the plan's numbers, as compiler/report/report_plan.js gives them, become its pictures.
// ---- drawing ----
const CLASS_WORDS = {
    saved: 'kept for the backward pass',
    forward: 'work space of the forward pass',
    backward: 'work space of the backward pass',
    tile: 'a few rows at a time',
};
function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim(); }
function element(id) { return document.getElementById(id); }
function text_at(x, y, words, options = {}) {
    return `<text x="${x}" y="${y}" class="${options.muted ? 'muted' : ''}" text-anchor="${options.anchor || 'start'}"` +
           `${options.bold ? ' font-weight="650"' : ''}${options.colour ? ` style="fill:${options.colour}"` : ''}>` +
           `${escaped(words)}</text>`;
}
function line(x1, y1, x2, y2, stroke, dash) {
    return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${stroke}"${dash ? ' stroke-dasharray="4 3"' : ''}/>`;
}
function svg(id, width, height, body) {
    element(id).innerHTML = `<svg width="${width}" height="${height}" role="img">${body}</svg>`;
}
function chip(name) { return `<span class="chip" style="background:var(--${name})"></span>`; }
function table(id, head, rows) {
    const cell = (tag, value, i) => `<${tag} class="${head[i].kind || ''}">${value}</${tag}>`;
    element(id).innerHTML = `<thead><tr>${head.map((h, i) => cell('th', h.name, i)).join('')}</tr></thead><tbody>` +
        rows.map(r => `<tr class="${r.kind || ''}">${r.cells.map((c, i) => cell('td', c, i)).join('')}</tr>`).join('') +
        '</tbody>';
}

// ---- headline ----
function show_headline(plan) {
    const exact = plan.peak.bytes === plan.bound, kept = plan.every_output_kept, floor = plan.family_floor;
    element('title').textContent = 'Memory plan of ' + plan.model;
    element('options').textContent = plan.options;
    element('update').textContent = plan.update || '';
    element('sharing').innerHTML = plan.sharing.map(s => `Each of the ${s.instances} layers of <b>${escaped(s.block)}</b> runs ` +
        `${s.runs} times with the same weights: they take ${mebibytes(s.weights)}, without sharing ${mebibytes(s.weights_unshared)}` +
        (s.adapters ? `; what is trained of them ${mebibytes(s.adapters)}, without ${mebibytes(s.adapters_unshared)}` : '') +
        '.').join('<br>');
    element('headline').innerHTML = `<b>Arena ${mebibytes(plan.peak.bytes)}</b> ` +
        (exact ? '= liveness bound, certified: no arrangement of this plan\'s values can be smaller.'
               : `; the liveness bound is ${mebibytes(plan.bound)}.`) +
        (kept ? ` Every output of the forward pass kept would take ${mebibytes(kept)}` : '') +
        (kept && floor ? '; t' : floor ? ' T' : '') +
        (floor ? `iled plans of this model hold at least ${mebibytes(floor)}` : '') + (kept || floor ? '.' : '') +
        ` All pools together, mapped weights aside: ${mebibytes(pools_sum(plan.pools))}.`;
    element('bound_gap').textContent = exact ? '' : ` than ${mebibytes(plan.peak.bytes)}`;
    element('footer').textContent = `lorac ${plan.version}. Dims: ` +
        Object.entries(plan.dims).map(([name, value]) => `${name} ${value}`).join(', ') + '.';
}
function draw_scale(plan) {
    const rows = [['every forward output kept', plan.every_output_kept, 'muted'], ['this plan', plan.peak.bytes, 'accent'],
                  ['held whole by any tiled plan', plan.family_floor, 'muted']].filter(r => r[1] > 0);
    if (rows.length < 2) return;
    const width = element('scale').clientWidth, left = Math.min(190, width * 0.5), space = width - left - 84;
    const most = Math.max(...rows.map(r => r[1]));
    svg('scale', width, rows.length * 22, rows.map(([name, bytes, kind], i) => {
        const long = Math.max(2, space * bytes / most), y = i * 22;
        return text_at(left - 10, y + 14, name, {anchor: 'end', muted: kind === 'muted', bold: kind !== 'muted'}) +
               `<rect x="${left}" y="${y + 4}" width="${long}" height="13" fill="${colour(kind)}" ` +
               `opacity="${kind === 'muted' ? 0.45 : 1}"/>` + text_at(left + long + 6, y + 14, mebibytes(bytes), {bold: kind !== 'muted'});
    }).join(''));
}

// ---- the curve ----
const MARGIN = {left: 46, right: 12, top: 24, bottom: 46};
function axes(width, height, most) {
    const unit = 2 ** 20, y = bytes => height - MARGIN.bottom - (height - MARGIN.top - MARGIN.bottom) * bytes / most;
    let body = '';
    for (const t of ticks(most / unit, 4)) {
        body += line(MARGIN.left, y(t * unit), width - MARGIN.right, y(t * unit), colour('line'));
        body += text_at(MARGIN.left - 6, y(t * unit) + 4, Number(t.toPrecision(6)), {anchor: 'end', muted: true});
    }
    return {body: body + text_at(0, 12, 'MiB', {muted: true}), y};
}
const PHASE_WORDS = {forward: 'forward pass', head: 'output and loss', backward: 'backward pass', update: 'update'};
function phase_marks(plan, x, y) {
    return plan.phases.map((p, i) => {
        const from = x(p.from), to = x(p.to), words = PHASE_WORDS[p.name], fits = to - from > words.length * 6.2;
        const last = i === plan.phases.length - 1, anchor = fits ? 'middle' : last ? 'end' : 'start';
        return line(from, y, to, y, colour('muted')) + line(from, y - 4, from, y + 4, colour('muted')) +
               line(to, y - 4, to, y + 4, colour('muted')) +
               text_at(fits ? (from + to) / 2 : last ? to : from, y + (fits ? 16 : 30), words, {anchor, muted: true});
    }).join('');
}
function draw_curve(plan) {
    const width = element('curve').clientWidth, height = 270, most = plan.bound * 1.06, {body, y} = axes(width, height, most);
    const x = step => MARGIN.left + (width - MARGIN.left - MARGIN.right) * step / plan.steps;
    const xs = plan.curve.step.map((_, i) => x((i + 0.5) * plan.curve.width).toFixed(1));
    let below = plan.curve.step.map(() => 0), areas = '';
    plan.classes.forEach((name, c) => {
        const above = below.map((b, i) => b + plan.curve.bytes[c][i]);
        const up = above.map((b, i) => `${xs[i]},${y(b).toFixed(1)}`), down = below.map((b, i) => `${xs[i]},${y(b).toFixed(1)}`);
        areas += `<path d="M${up.join('L')}L${down.reverse().join('L')}Z" fill="${colour(name)}"/>`;
        below = above;
    });
    const px = x(plan.peak.step), right = px > width / 2;
    const mark = `<circle cx="${px}" cy="${y(plan.bound)}" r="4" fill="${colour('accent')}"/>` +
        text_at(right ? px - 8 : px + 8, y(plan.bound) - 7, `peak ${mebibytes(plan.bound)}`,
                {anchor: right ? 'end' : 'start', bold: true, colour: colour('accent')});
    svg('curve', width, height, body + areas + line(MARGIN.left, y(plan.bound), width - MARGIN.right, y(plan.bound), colour('accent'), true) +
        mark + phase_marks(plan, x, height - MARGIN.bottom + 10));
    element('legend').innerHTML = plan.classes.map((name, c) => plan.curve.bytes[c].some(b => b > 0)
        ? `<span>${chip(name)}${CLASS_WORDS[name]}</span>` : '').join('');
}
function show_curve(plan) {
    const of_class = Object.fromEntries(plan.classes.map(name => [name, 0]));
    for (const h of plan.peak.holders) of_class[h.class] += h.bytes;
    const [first] = plan.classes.slice().sort((a, b) => of_class[b] - of_class[a]);
    const share = Math.round(100 * of_class[first] / plan.bound);
    element('curve_caption').textContent = `The step runs ${thousands(plan.steps)} nodes; each column of the picture is the fullest of ` +
        `${plan.curve.width}. At the peak (node run ${thousands(plan.peak.step)}, ${plan.peak.op} at ${plan.peak.source}) ` +
        `${plan.peak.values} values are alive, and ${share} % of their bytes are ${CLASS_WORDS[first]}.`;
}

// ---- packing ----
const QUIET = 22;
class Packing { // a canvas that shows the boxes of the steps [from, to)
    constructor(id, plan, boxes, height) {
        Object.assign(this, {plan, boxes, height, canvas: element(id), from: 0, to: plan.steps});
        this.set_bands([{low: 0, high: plan.peak.bytes, busy: true}]);
    }
    // Ranges of the arena from below; those that are not busy are drawn only a few pixels high.
    set_bands(bands) {
        const quiet = bands.filter(b => !b.busy).length * QUIET, busy = bands.reduce((sum, b) => sum + (b.busy ? b.high - b.low : 0), 0);
        let bottom = this.height - 26;
        this.bands = bands.map(b => {
            const height = b.busy ? (this.height - 40 - quiet) * (b.high - b.low) / busy : QUIET;
            bottom -= height;
            return {...b, top: bottom, height};
        });
    }
    x(step) { return MARGIN.left + (this.width - MARGIN.left - MARGIN.right) * (step - this.from) / (this.to - this.from); }
    y(bytes) {
        const b = this.bands.find(band => bytes <= band.high) || this.bands[this.bands.length - 1];
        return b.top + b.height * (b.high - bytes) / (b.high - b.low);
    }
    step_at(x) { return this.from + (x - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right) * (this.to - this.from); }
    bytes_at(y) {
        const b = this.bands.find(band => y >= band.top);
        return b ? b.high - (y - b.top) / b.height * (b.high - b.low) : -1;
    }
    begin() {
        const ratio = window.devicePixelRatio || 1;
        this.width = this.canvas.clientWidth;
        this.canvas.style.height = this.height + 'px';
        this.canvas.width = this.width * ratio;
        this.canvas.height = this.height * ratio;
        this.pen = this.canvas.getContext('2d');
        this.pen.scale(ratio, ratio);
        this.pen.font = '11px system-ui, Helvetica, Arial, sans-serif';
    }
    draw_box(b, fills, paper) {
        const x = Math.max(this.x(b.birth), MARGIN.left), right = Math.min(this.x(b.death), this.width - MARGIN.right);
        const top = Math.max(this.y(b.offset + b.kind.bytes), 8), bottom = Math.min(this.y(b.offset), this.height - 26);
        if (right <= MARGIN.left || x >= this.width - MARGIN.right || bottom <= top) return;
        const wide = Math.max(right - x, 0.7), high = Math.max(bottom - top, 0.5), gap = wide > 3 && high > 3 ? 0.5 : 0;
        this.pen.fillStyle = fills[b.kind.class];
        this.pen.fillRect(x, top, wide - gap, high - gap);
        const name = b.kind.name + (b.slot >= 0 ? ` ${b.slot + 1}` : '');
        if (high < 11 || wide < 26 || this.pen.measureText(name).width > wide - 6) return;
        this.pen.fillStyle = paper;
        this.pen.fillText(name, x + 3, top + Math.min(high / 2 + 4, 14));
    }
    draw_axes() {
        const pen = this.pen, unit = 2 ** 20, busy = this.bands.reduce((sum, b) => sum + (b.busy ? b.high - b.low : 0), 0);
        const step = ticks(busy / unit, 5)[1];
        pen.fillStyle = colour('muted');
        pen.textAlign = 'right';
        for (const b of this.bands)
            for (let t = Math.ceil(b.low / unit / step) * step; b.busy && t * unit <= b.high; t += step)
                pen.fillText(Number(t.toPrecision(6)), MARGIN.left - 6, this.y(t * unit) + 4);
        pen.textAlign = 'left';
        pen.fillText('MiB', 0, 10);
    }
    // One line stands for all that lives through a quiet band.
    draw_quiet(band, fills, paper) {
        const inside = this.boxes.filter(b => b.birth < this.to && b.death > this.from && b.offset >= band.low && b.offset < band.high);
        if (!inside.length) return;
        const wide = this.width - MARGIN.left - MARGIN.right, words = `${inside.length} value${inside.length > 1 ? 's' : ''}, ` +
            `${mebibytes(inside.reduce((sum, b) => sum + b.kind.bytes, 0))}, alive all the time`;
        this.pen.fillStyle = fills[inside[0].kind.class];
        this.pen.fillRect(MARGIN.left, band.top, wide, band.height - 1);
        this.pen.fillStyle = paper;
        this.pen.fillText(words, MARGIN.left + 6, band.top + band.height / 2 + 4);
    }
    dashed(x1, y1, x2, y2) {
        const pen = this.pen;
        pen.strokeStyle = colour('accent');
        pen.setLineDash([4, 3]);
        pen.beginPath();
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
        pen.stroke();
        pen.setLineDash([]);
    }
    draw() {
        this.begin();
        const fills = Object.fromEntries(this.plan.classes.map(c => [c, colour(c)])), paper = colour('paper');
        for (const b of this.boxes) if (b.birth < this.to && b.death > this.from) this.draw_box(b, fills, paper);
        for (const b of this.bands) if (!b.busy) this.draw_quiet(b, fills, paper);
        this.draw_axes();
        const {bound, peak} = this.plan, y = this.y(bound), x = this.x(peak.step + 0.5);
        this.dashed(MARGIN.left, y, this.width - MARGIN.right, y);
        if (peak.step >= this.from && peak.step < this.to) this.dashed(x, 4, x, this.height - 26);
    }
    // The box under a point, or the nearest within two pixels where boxes are narrower than one.
    find(x, y) {
        const bytes = this.bytes_at(y), step = this.step_at(x), near = 2 * (this.to - this.from) / this.width;
        let found = null, distance = near;
        for (const b of this.boxes) {
            if (bytes < b.offset || bytes >= b.offset + b.kind.bytes) continue;
            const away = step < b.birth ? b.birth - step : step >= b.death ? step - b.death : 0;
            if (away < distance || (away === 0 && distance === 0)) [found, distance] = [b, away];
            if (away === 0) break;
        }
        return found;
    }
}
function box_words(b, boxes) {
    const k = b.kind, shape = k.shape.length ? ` [${k.shape.join(', ')}]` : ' scalar', partner = b.partner >= 0 ? boxes[b.partner] : null;
    return `<b>${escaped(k.name)}</b>${b.slot >= 0 ? ` of iteration ${b.slot + 1}` : ''} ${chip(k.class)}${CLASS_WORDS[k.class]}<br>` +
        `${escaped(k.source)}<br>${k.dtype}${shape}, ${mebibytes(k.bytes)}<br>at offset ${thousands(b.offset)}<br>` +
        `alive in node runs ${thousands(b.birth)} to ${thousands(b.death)}` + (b.count > 1 ? `, in ${b.count} iterations of a loop` : '') +
        (partner ? `<br>made in the place of ${escaped(partner.kind.name)}` : '');
}
function show_tip(event, words) {
    const tip = element('tip');
    tip.style.display = words ? 'block' : 'none';
    if (!words) return;
    tip.innerHTML = words;
    const {offsetWidth: w, offsetHeight: h} = tip, x = event.clientX + 14, y = event.clientY + 14;
    tip.style.left = Math.max(4, Math.min(x, window.innerWidth - w - 8)) + 'px';
    tip.style.top = (y + h > window.innerHeight ? Math.max(4, event.clientY - h - 10) : y) + 'px';
}
function watch(packing, on_click) {
    const canvas = packing.canvas;
    const point = e => { const r = canvas.getBoundingClientRect(); return [e.clientX - r.left, e.clientY - r.top]; };
    canvas.addEventListener('pointermove', e => {
        const b = packing.find(...point(e));
        show_tip(e, b ? box_words(b, packing.boxes) : '');
    });
    canvas.addEventListener('pointerleave', e => show_tip(e, ''));
    if (on_click) canvas.addEventListener('click', e => on_click(packing.step_at(point(e)[0])));
}
function aim_loupe(loupe, from, to) {
    const steps = loupe.plan.steps, long = Math.max(20, Math.min(steps, Math.round(to - from)));
    loupe.from = Math.max(0, Math.min(steps - long, Math.round(from)));
    loupe.to = loupe.from + long;
    loupe.set_bands(bands_of(loupe.boxes, loupe.from, loupe.to, loupe.plan.peak.bytes));
    element('loupe_caption').textContent = `Node runs ${thousands(loupe.from)} to ${thousands(loupe.to)} of ${thousands(steps)}: ` +
        'values follow each other through the same bytes. Parts of the arena where nothing changes are drawn as a strip.' +
        (loupe.plan.boxes.folded ? ' Away from the peak, the iterations of a loop over rows are drawn as one box.' : '');
}
function make_packing(plan, boxes) {
    const whole = new Packing('packing', plan, boxes, 380), loupe = new Packing('loupe', plan, boxes, 380);
    const draw = () => {
        whole.draw();
        const pen = whole.pen, x1 = whole.x(loupe.from), x2 = whole.x(loupe.to);
        pen.fillStyle = colour('ink');
        pen.fillRect(x1, whole.height - 24, Math.max(2, x2 - x1), 3);
        pen.fillStyle = colour('muted');
        pen.textAlign = x1 > whole.width / 2 ? 'right' : 'left';
        pen.fillText('the part under the loupe', x1 > whole.width / 2 ? x2 : x1, whole.height - 9);
        pen.textAlign = 'left';
        loupe.draw();
    };
    const aim = (from, to) => { aim_loupe(loupe, from, to); draw(); };
    const long = () => loupe.to - loupe.from, middle = () => (loupe.from + loupe.to) / 2;
    aim_loupe(loupe, ...plan.loupe);
    watch(whole, step => aim(step - long() / 2, step + long() / 2));
    watch(loupe, null);
    element('earlier').onclick = () => aim(loupe.from - long() / 2, loupe.to - long() / 2);
    element('later').onclick = () => aim(loupe.from + long() / 2, loupe.to + long() / 2);
    element('closer').onclick = () => aim(middle() - long() / 4, middle() + long() / 4);
    element('wider').onclick = () => aim(middle() - long(), middle() + long());
    element('at_peak').onclick = () => aim(...plan.loupe);
    return draw;
}

// ---- tables ----
const SHOWN = 14;
function show_holders(plan) {
    const holders = plan.peak.holders, most = holders[0] ? holders[0].bytes : 1, rest = holders.slice(SHOWN);
    const rows = holders.slice(0, SHOWN).map(h => ({cells: [
        `${chip(h.class)}${escaped(h.name)}`, h.count > 1 ? `${h.count} ×` : '', h.shape.join(' × '), mebibytes(h.bytes),
        `<svg width="90" height="12"><rect width="${Math.max(1, 90 * h.bytes / most)}" height="12" fill="var(--${h.class})"/></svg>`,
        escaped(h.source), remedy_words(h.remedies, plan.estimate.ms) || 'needed whole']}));
    if (rest.length) rows.push({cells: [`${rest.length} smaller`, '', '', mebibytes(rest.reduce((s, h) => s + h.bytes, 0)), '', '', '']});
    rows.push({kind: 'sum', cells: ['all', '', '', mebibytes(holders.reduce((s, h) => s + h.bytes, 0)), '', '', '']});
    table('holders', [{name: 'value', kind: 'name'}, {name: '', kind: 'number'}, {name: 'shape', kind: 'name'},
                      {name: 'bytes', kind: 'number'}, {name: ''}, {name: 'source', kind: 'name'},
                      {name: 'what would remove it, and its price'}], rows);
    element('holders_caption').textContent = `These values are all alive at node run ${thousands(plan.peak.step)}. Their sizes add up to the ` +
        'bound: whoever wants a smaller arena has to remove one of them. This list is the certificate.';
}
const POOL_WORDS = {
    arena: 'values of a step, planned as above', adapters: 'the trained parameters', gradients: 'one number a parameter; with update fused, of one layer at a time',
    optimizer: 'its state', scratch: 'work space of the kernels, for all threads', staging: 'the token ids of a step',
    weights: 'frozen; mapped from the file, given as if all were f32', file: 'inputs of blocks, written to a file on a disk and read back',
};
function show_pools(plan) {
    const names = Object.keys(plan.pools).filter(n => plan.pools[n] > 0), sum = pools_sum(plan.pools);
    const rows = names.filter(n => !OUTSIDE.includes(n)).map(n => ({cells: [n, POOL_WORDS[n] || '', mebibytes(plan.pools[n]), thousands(plan.pools[n])]}));
    rows.push({kind: 'sum', cells: ['sum', '', mebibytes(sum), thousands(sum)]});
    for (const n of names.filter(name => OUTSIDE.includes(name)))
        rows.push({cells: [n, POOL_WORDS[n], mebibytes(plan.pools[n]), thousands(plan.pools[n])]});
    table('pools', [{name: 'pool', kind: 'name'}, {name: ''}, {name: '', kind: 'number'}, {name: 'bytes', kind: 'number'}], rows);
}
function draw_pools(plan) {
    const width = element('pools_bar').clientWidth, sum = pools_sum(plan.pools), fills = ['accent', 'saved', 'forward', 'backward', 'tile', 'muted', 'muted'];
    let x = 0, body = '';
    Object.keys(plan.pools).filter(n => !OUTSIDE.includes(n) && plan.pools[n] > 0).forEach((name, i) => {
        const wide = width * plan.pools[name] / sum;
        body += `<rect x="${x}" y="0" width="${Math.max(0.5, wide - 1)}" height="26" fill="${colour(fills[i])}"/>`;
        if (wide > name.length * 7.5 + 8) body += text_at(x + 6, 17, name, {colour: colour('paper')});
        x += wide;
    });
    svg('pools_bar', width, 30, body);
}

// ---- the ladder ----
// Puts each label beside its point where it covers the least of what is there already.
function place_labels(points, width, height) {
    const taken = points.map(p => ({x: p.x - 5, y: p.y - 5, w: 10, h: 10}));
    const covers = (a, b) => Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));
    for (const p of points) {
        const w = p.words.length * 6.4, places = [];
        for (const dy of [-9, 15, -24, 30, -39, 45, -54, 60])
            for (const right of [true, false]) places.push({x: right ? p.x + 4 : p.x - 4 - w, y: p.y + dy - 11, w, h: 14});
        const cost = r => taken.reduce((sum, t) => sum + covers(r, t), 0) + 1e4 * (r.x < 40 || r.x + w > width || r.y < 0 || r.y > height);
        p.label = places.reduce((best, r) => (cost(r) < cost(best) - 1 ? r : best));
        taken.push(p.label);
    }
}
function draw_ladder(plan) {
    const points = ladder_points(plan.alternatives), width = element('ladder').clientWidth, height = 340;
    if (!points.length) return;
    const lines = [['every forward output kept', plan.every_output_kept], ['held whole by any tiled plan', plan.family_floor]].filter(l => l[1] > 0);
    const curve = plan.pareto.map(p => ({...p, name: p.schedule})), all = points.concat(curve);
    const sizes = all.map(p => p.arena).concat(lines.map(l => l[1])), times = all.map(p => p.ms);
    const low = Math.log(Math.min(...sizes) / 1.35), high = Math.log(Math.max(...sizes) * 1.2);
    const first = Math.min(...times), last = Math.max(...times), spanned = last - first || 1, left = MARGIN.left;
    const x = ms => left + 20 + (width - left - Math.min(170, width * 0.35)) * (ms - first) / spanned;
    const y = bytes => 14 + (height - 58) * (high - Math.log(bytes)) / (high - low);
    let body = text_at(0, 10, 'MiB', {muted: true});
    for (const t of [0.01, 0.1, 1, 10, 100, 1000, 1e4, 1e5].flatMap(decade => [1, 2, 5].map(k => k * decade))) {
        const at = t * 2 ** 20;
        if (Math.log(at) < low || Math.log(at) > high) continue;
        body += line(left, y(at), width, y(at), colour('line')) + text_at(left - 6, y(at) + 4, Number(t.toPrecision(2)), {anchor: 'end', muted: true});
    }
    for (const [words, bytes] of lines)
        body += line(left, y(bytes), width, y(bytes), colour('muted'), true) + text_at(width, y(bytes) - 5, `${words}: ${mebibytes(bytes)}`, {anchor: 'end', muted: true});
    for (const p of points) Object.assign(p, {x: x(p.ms), y: y(p.arena), words: `${p.name} ${mebibytes(p.arena)}`});
    for (const p of curve) Object.assign(p, {x: x(p.ms), y: y(p.arena)});
    const best = (curve.length ? curve : points).filter((p, i, list) => list.slice(0, i).every(q => q.arena > p.arena));
    body += `<path d="M${best.map((p, i) => (i ? `H${p.x}V${p.y}` : `${p.x},${p.y}`)).join('')}" fill="none" stroke="${colour('muted')}"/>`;
    for (const p of curve)
        body += `<circle cx="${p.x}" cy="${p.y}" r="2" fill="${colour('muted')}"><title>${escaped(p.name)}: ${mebibytes(p.arena)}, ${thousands(p.ms)} ms</title></circle>`;
    place_labels(points, width, height - 44);
    for (const p of points.slice().sort((a, b) => a.chosen - b.chosen))
        body += `<circle cx="${p.x}" cy="${p.y}" r="${p.chosen ? 5.5 : 4}" fill="${colour(p.chosen ? 'accent' : 'saved')}"/>` +
                text_at(p.label.x, p.label.y + 11, p.words, {bold: p.chosen});
    for (const t of ticks(last, width < 500 ? 5 : 9).filter(ms => ms >= first * 0.95))
        body += text_at(x(t), height - 26, Number(t.toPrecision(4)), {anchor: 'middle', muted: true});
    svg('ladder', width, height, body + text_at(left, height - 8, 'estimated milliseconds of a step', {muted: true}));
}
function show_alternatives(plan) {
    const measured = plan.alternatives.some(a => a.measured);
    table('alternatives', [{name: 'gradient', kind: 'name'}, {name: 'arena', kind: 'number'}, {name: 'all pools', kind: 'number'},
                           {name: 'work', kind: 'number'}, {name: 'forward passes', kind: 'number'}, {name: 'estimated time', kind: 'number'}].concat(measured ? [{name: 'measured', kind: 'number'}] : []),
          plan.alternatives.map(a => a.refused ? {cells: [escaped(a.name), escaped(a.refused), '', '', '', ''].concat(measured ? [''] : [])} : {kind: a.chosen ? 'chosen' : '', cells: [
              escaped(a.name) + (a.chosen ? ' (this plan)' : '') + (a.fits ? '' : ' (over the budget)'), mebibytes(a.pools.arena), mebibytes(pools_sum(a.pools)), gigaflops(a.flops),
              a.forwards ? a.forwards.toFixed(2) : '', thousands(a.ms) + ' ms'].concat(measured ? [a.measured ? thousands(a.measured.ms) + ' ms' : ''] : [])}));
}

// ---- beside another plan ----
function draw_beside(plan, other) {
    const width = element('compare').clientWidth, height = 250, mine = total_curve(plan.curve), theirs = live_curve(other, 1000);
    const most = Math.max(plan.bound, ...theirs) * 1.08, {body, y} = axes(width, height, most);
    const path = (curve, stroke) => `<path d="M${curve.map((b, i) =>
        `${(MARGIN.left + (width - MARGIN.left - MARGIN.right) * (i + 0.5) / curve.length).toFixed(1)},${y(b).toFixed(1)}`).join('L')}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`;
    svg('beside', width, height, body + path(mine, colour('accent')) + path(theirs, colour('saved')) +
        text_at(MARGIN.left, height - 8, 'begin of the step', {muted: true}) + text_at(width - MARGIN.right, height - 8, 'end', {anchor: 'end', muted: true}));
}
function compare_rows(plan, other) {
    const difference = (a, b) => (b === a ? '' : (b > a ? '+' : '−') + mebibytes(Math.abs(b - a)));
    const rows = Object.keys(plan.pools).filter(n => plan.pools[n] || other.pools[n]).map(n =>
        ({cells: [n, mebibytes(plan.pools[n]), mebibytes(other.pools[n] || 0), difference(plan.pools[n], other.pools[n] || 0)]}));
    const mine = pools_sum(plan.pools), theirs = pools_sum(other.pools);
    rows.push({kind: 'sum', cells: ['all memory', mebibytes(mine), mebibytes(theirs), difference(mine, theirs)]});
    rows.push({cells: ['work', gigaflops(plan.estimate.flops), gigaflops(other.estimate.flops),
                       ((other.estimate.flops / plan.estimate.flops - 1) * 100).toFixed(1) + ' %']});
    const here = peak_by_name(plan.peak.holders), there = peak_by_name(other.peak.holders || []);
    const names = [...new Set([...here.keys(), ...there.keys()])].map(n => [n, here.get(n) || 0, there.get(n) || 0]);
    const other_names = names.filter(n => n[1] !== n[2]).sort((a, b) => Math.abs(b[2] - b[1]) - Math.abs(a[2] - a[1]));
    other_names.slice(0, SHOWN).forEach(n =>
        rows.push({cells: [`at the peak: ${escaped(n[0])}`, mebibytes(n[1]), mebibytes(n[2]), difference(n[1], n[2])]}));
    if (other_names.length > SHOWN) rows.push({cells: [`at the peak: ${other_names.length - SHOWN} smaller differences`, '', '', '']});
    return rows;
}
function show_other(plan, text) {
    let other;
    try {
        other = check_report(JSON.parse(text));
    } catch (mistake) {
        element('compare').innerHTML = `<p>${escaped(mistake.message)}</p>`;
        return null;
    }
    element('compare').innerHTML = `<p class="legend"><span>${chip('accent')}this plan: ${escaped(plan.options)}</span>` +
        `<span>${chip('saved')}${escaped(other.model)}: ${escaped(other.options)}</span></p><div id="beside"></div>` +
        '<div class="scroll"><table id="differences"></table></div>';
    table('differences', [{name: '', kind: 'name'}, {name: 'this plan', kind: 'number'}, {name: 'the other', kind: 'number'},
                          {name: 'difference', kind: 'number'}], compare_rows(plan, other));
    const draw = () => draw_beside(plan, other);
    draw();
    return draw;
}

// ---- the page ----
function start() {
    const plan = JSON.parse(element('plan').textContent), boxes = unpack(plan.boxes);
    let draw_other = null;
    show_headline(plan);
    show_curve(plan);
    show_holders(plan);
    show_pools(plan);
    show_alternatives(plan);
    const draw_packing = make_packing(plan, boxes);
    const draw = () => {
        draw_scale(plan);
        draw_curve(plan);
        draw_packing();
        draw_pools(plan);
        draw_ladder(plan);
        if (draw_other) draw_other();
    };
    draw();
    let width = window.innerWidth, wanted = 0;
    window.addEventListener('resize', () => {
        if (window.innerWidth === width) return;
        width = window.innerWidth;
        cancelAnimationFrame(wanted);
        wanted = requestAnimationFrame(draw);
    });
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
    element('other').addEventListener('change', async e => {
        if (e.target.files[0]) draw_other = show_other(plan, await e.target.files[0].text());
    });
}
start();
