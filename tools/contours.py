"""Makes src/veille/data/contours.csv: the outline of each département as an SVG path, for /carte.

    python tools/contours.py DEPARTEMENTS.geojson

Neighbours keep one common border: a border is cut where three meet and each piece is simplified once (Douglas and Peucker, 1973).
The overseas départements are insets, each at a scale of its own. Contours: IGN Admin Express through Etalab, Licence Ouverte 2.0.
"""

import itertools
import json
import math
import sys
from collections import defaultdict
from pathlib import Path

OUT = Path(__file__).parent.parent / "src/veille/data/contours.csv"
WIDTH, TOLERANCE = 600.0, 1.1  # units of the drawing
Point = tuple[float, float]
INSETS = {"971": (0, 470), "972": (0, 550), "973": (75, 470), "974": (75, 565), "976": (150, 565)}
INSET_SIZE = 62.0
PARIS = {"75", "92", "93", "94"}


def rings_of(geometry: dict) -> list[list[Point]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[tuple(point) for point in polygon[0][:-1]] for polygon in polygons]


def projected(rings: list[list[Point]], place: tuple[float, float, float, float, float]) -> list[list[Point]]:
    west, north, scale, x, y = place
    squeeze = math.cos(math.radians(north - 4.5 if abs(north) > 30 else north))
    return [[((lon - west) * squeeze * scale + x, (north - lat) * scale + y) for lon, lat in ring] for ring in rings]


def simplified(line: list[Point], tolerance: float) -> list[Point]:
    if len(line) < 3:
        return line
    (ax, ay), (bx, by) = line[0], line[-1]
    length = math.hypot(bx - ax, by - ay)
    far, index = 0.0, 0
    for place, (x, y) in enumerate(line[1:-1], 1):
        gap = abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length if length else math.hypot(x - ax, y - ay)
        if gap > far:
            far, index = gap, place
    if far <= tolerance:
        return [line[0], line[-1]]
    return simplified(line[: index + 1], tolerance)[:-1] + simplified(line[index:], tolerance)


def pieces_of(ring: list[Point], joints: set[Point]) -> list[list[Point]]:
    starts = [place for place, point in enumerate(ring) if point in joints]
    if not starts:
        half = len(ring) // 2
        first = min(range(len(ring)), key=lambda place: ring[place])
        ring = ring[first:] + ring[:first]
        return [ring[: half + 1], [*ring[half:], ring[0]]]
    ring = ring[starts[0] :] + ring[: starts[0]]
    pieces, piece = [], [ring[0]]
    for point in [*ring[1:], ring[0]]:
        piece.append(point)
        if point in joints:
            pieces.append(piece)
            piece = [point]
    return pieces


def path(rings: list[list[Point]]) -> str:
    out = ""
    for ring in rings:
        points = [(round(x), round(y)) for x, y in ring]
        points = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
        if len(points) < 3:
            continue
        out += f"M{points[0][0]} {points[0][1]}l"
        steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in itertools.pairwise(points)]
        out += " ".join(f"{dx} {dy}" for dx, dy in steps).replace(" -", "-") + "z"
    return out


def main() -> None:
    features = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["features"]
    raw = {one["properties"]["code"]: rings_of(one["geometry"]) for one in features}
    mainland = {code: rings for code, rings in raw.items() if code not in INSETS}
    points = [point for rings in mainland.values() for ring in rings for point in ring]
    west, north = min(x for x, _ in points), max(y for _, y in points)
    east = max(x for x, _ in points)
    scale = WIDTH / ((east - west) * math.cos(math.radians(north - 4.5)))
    neighbours: dict[Point, set[Point]] = defaultdict(set)
    for rings in mainland.values():
        for ring in rings:
            for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
                neighbours[a].add(b)
                neighbours[b].add(a)
    joints = {point for point, near in neighbours.items() if len(near) > 2}
    once: dict[tuple[Point, ...], list[Point]] = {}
    rows = []
    for code, rings in sorted(raw.items()):
        if code in INSETS:
            every = [point for ring in rings for point in ring]
            left, top = min(x for x, _ in every), max(y for _, y in every)
            high, wide = top - min(y for _, y in every), max(x for x, _ in every) - left
            own = projected(rings, (left, top, INSET_SIZE / max(high, wide), *INSETS[code]))
            rows.append((code, path([simplified([*ring, ring[0]], 0.7)[:-1] for ring in own])))
            continue
        made = []
        for ring in projected(rings, (west, north, scale, 0, 0)):
            made.append(ring)
        drawn = []
        for ring, geo in zip(made, rings, strict=True):
            at = dict(zip(geo, ring, strict=True))
            line: list[Point] = []
            for piece in pieces_of(geo, joints):
                forward = tuple(piece) <= tuple(reversed(piece))
                key = tuple(piece) if forward else tuple(reversed(piece))
                if key not in once:
                    tolerance = 0.35 if code in PARIS else TOLERANCE
                    once[key] = simplified([at[point] for point in key], tolerance)
                kept = once[key] if forward else list(reversed(once[key]))
                line += kept[:-1]
            xs, ys = [x for x, _ in line], [y for _, y in line]
            if (max(xs) - min(xs)) * (max(ys) - min(ys)) >= 4 or len(made) == 1:
                drawn.append(line)
        rows.append((code, path(drawn)))
    OUT.write_text("code,path\n" + "".join(f"{code},{drawn}\n" for code, drawn in rows), encoding="utf-8")
    print(f"{OUT}: {len(rows)} départements, {OUT.stat().st_size} octets")


if __name__ == "__main__":
    main()
