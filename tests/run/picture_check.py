"""picture_check.py PICTURE.svg REPORT.json: the picture of a plan is well-formed and shows the report's plan."""
import json
import re
import sys
import xml.etree.ElementTree as xml

SVG = '{http://www.w3.org/2000/svg}'
MOVE = re.compile(r'M(-?[\d.]+) (-?[\d.]+)h(-?[\d.]+)v(-?[\d.]+)h-?[\d.]+z')


def mebibytes(size):
    return '%.2f MiB' % (size / 2**20) if size >= 100 * 1024 else '%.2f KiB' % (size / 1024)


def main(picture, report):
    root = xml.parse(picture).getroot()
    plan = json.load(open(report))
    _, _, width, height = map(float, root.get('viewBox').split())
    title = next(e.text for e in root.iter(SVG + 'text') if e.get('class') == 'title')
    assert mebibytes(plan['pools']['arena']) in title, title

    boxes, classes = [], set()
    for path in root.iter(SVG + 'path'):
        found = [tuple(map(float, m)) for m in MOVE.findall(path.get('d'))]
        if found:
            classes.add(path.get('class').split()[0])
            assert path.get('d').count('z') == len(found), 'a rectangle of another form'
            boxes += found
    assert classes == {v['class'] for v in plan['values']}, classes

    values = {(v['offset'], v['bytes'], v['class']) for v in plan['values']}
    assert len(boxes) >= len(values), (len(boxes), len(values))
    assert all(0 <= x and x + w <= width and 0 <= y and y + h <= height and w >= 0 and h >= 0 for x, y, w, h in boxes)

    # Addresses: the lowest value stands on the floor, the highest one reaches the line of the peak.
    floor = max(y + h for x, y, w, h in boxes)
    scale = (floor - min(y for x, y, w, h in boxes)) / max(v['offset'] + v['bytes'] for v in plan['values'])
    places = {(round(floor - y - h, 0), round(h, 0)) for x, y, w, h in boxes}
    for offset, size, _ in values:
        near = any(abs(low - offset * scale) <= 1.2 and abs(high - size * scale) <= 1.2 for low, high in places)
        assert near, 'no rectangle at %d of %d bytes' % (offset, size)


main(*sys.argv[1:])
