#!/usr/bin/env python3
"""Draws a recording of script(1) as an SVG that plays: one picture for each moment that looks different.

    draw.py OUTPUT TIMING [TITLE] > demo.svg

Knows as much of a terminal as the demo uses: carriage return, line feed, erase, cursor up, colours.
Pauses longer than a second and a half are cut to that, so that the film is as long as it is interesting.
"""
import re
import sys
from html import escape

COLUMNS, ROWS, LONGEST_PAUSE, SHORTEST_FRAME, LAST_FRAME = 100, 24, 1.5, 0.5, 6.0
WIDTH, HEIGHT, MARGIN = 8.4, 18, 14
COLOURS = ["#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#dcdfe4"]
ESCAPE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b.")


class Screen:
    def __init__(self):
        self.rows = [[]]
        self.row = self.column = 0
        self.style = ("", False, False)  # colour, bold, dim

    def put(self, character):
        line = self.rows[self.row]
        line.extend([(" ", ("", False, False))] * (self.column + 1 - len(line)))
        line[self.column] = (character, self.style)
        self.column += 1

    def feed(self, text):
        at = 0
        while at < len(text):
            match = ESCAPE.match(text, at)
            if match:
                self.control(match.group(1) or "", match.group(2) or "")
                at = match.end()
                continue
            if text[at] == "\n":
                self.row += 1
                if self.row == len(self.rows):
                    self.rows.append([])
            elif text[at] == "\r":
                self.column = 0
            elif text[at] >= " ":
                self.put(text[at])
            at += 1

    def control(self, arguments, command):
        numbers = [int(n) for n in re.findall(r"\d+", arguments)]
        first = numbers[0] if numbers else 0
        if command == "K":
            line = self.rows[self.row]
            if first == 0:
                del line[self.column :]
            elif first == 2:
                line.clear()
        elif command == "J":
            del self.rows[self.row][self.column :]
            del self.rows[self.row + 1 :]
        elif command == "A":
            self.row = max(0, self.row - max(1, first))
        elif command == "B":
            self.row = min(len(self.rows) - 1, self.row + max(1, first))
        elif command == "G":
            self.column = max(0, first - 1)
        elif command == "m":
            self.colour(numbers or [0])

    def colour(self, numbers):
        colour, bold, dim = self.style
        for number in numbers:
            if number == 0:
                colour, bold, dim = "", False, False
            elif number == 1:
                bold = True
            elif number == 2:
                dim = True
            elif number == 22:
                bold = dim = False
            elif 30 <= number <= 37 or 90 <= number <= 97:
                colour = COLOURS[number % 10]
            elif number == 39:
                colour = ""
        self.style = (colour, bold, dim)

    def picture(self):
        """SVG of the last rows."""
        out = []
        for y, line in enumerate(self.rows[-ROWS:]):
            spans, x = [], 0
            while x < len(line):
                end = x
                while end < len(line) and line[end][1] == line[x][1]:
                    end += 1
                text = "".join(character for character, _ in line[x:end])
                colour, bold, dim = line[x][1]
                attributes = f' fill="{colour}"' if colour else ""
                attributes += ' font-weight="bold"' if bold else ""
                attributes += ' opacity="0.65"' if dim else ""
                if text.strip():
                    spans.append(f'<tspan x="{MARGIN + x * WIDTH:.1f}"{attributes}>{escape(text)}</tspan>')
                x = end
            if spans:
                out.append(f'<text y="{(y + 3) * HEIGHT}" xml:space="preserve">{"".join(spans)}</text>')
        return "".join(out)


def frames(output, timing):
    """(start, picture) of each moment that lasted, with long pauses cut."""
    screen, now, at, found = Screen(), 0.0, 0, []
    with open(output, "rb") as file:
        data = file.read()
    start = data.find(b"\n") + 1 if data.startswith(b"Script started") else 0
    for line in open(timing):
        delay, count = line.split()[-2:]
        now += min(float(delay), LONGEST_PAUSE)
        screen.feed(data[start + at : start + at + int(count)].decode("utf-8", "replace"))
        at += int(count)
        picture = screen.picture()
        if found and now - found[-1][0] < SHORTEST_FRAME:
            found[-1] = (found[-1][0], picture)
        elif not found or found[-1][1] != picture:
            found.append((now, picture))
    return found, len(screen.rows)


def main():
    found, rows = frames(sys.argv[1], sys.argv[2])
    title = escape(sys.argv[3]) if len(sys.argv) > 3 else ""
    total = found[-1][0] + LAST_FRAME
    width, height = COLUMNS * WIDTH + 2 * MARGIN, (min(rows, ROWS) + 3) * HEIGHT
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" font-size="14" '
          f'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace" fill="#dcdfe4">')
    print(f'<rect width="100%" height="100%" rx="8" fill="#1e2127"/><text x="{MARGIN}" y="22" opacity="0.6">{title}</text>')
    # Where nothing moves (a still preview, reduced motion), the end is shown.
    print(f"<style>g{{visibility:hidden}}#f{len(found) - 1}{{visibility:visible}}")
    for index, (start, _) in enumerate(found):
        end = found[index + 1][0] if index + 1 < len(found) else total
        a, b = 100 * start / total, 100 * end / total
        print(f"#f{index}{{animation:k{index} {total:.2f}s step-end infinite}}"
              f"@keyframes k{index}{{0%{{visibility:hidden}}{a:.3f}%{{visibility:visible}}"
              + (f"{b:.3f}%{{visibility:hidden}}" if index + 1 < len(found) else "") + "}")
    print("@media (prefers-reduced-motion:reduce){g{animation:none!important}}</style>")
    for index, (_, picture) in enumerate(found):
        print(f'<g id="f{index}">{picture}</g>')
    print("</svg>")


main()
