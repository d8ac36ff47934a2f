"""Draws the pictures of the documents with graphviz: pictures.py FOLDER. Each NAME.dot gives a NAME.svg.

The .svg is committed, too, so that documents show it without graphviz. It holds the hash of its source in a
comment, so that a test can tell whether the picture was drawn from the present source, whatever the version of
graphviz."""

import glob
import hashlib
import os
import subprocess
import sys


def mark_of(dot):
    with open(dot, "rb") as file:
        return f"<!-- made from {os.path.basename(dot)}, sha256 {hashlib.sha256(file.read()).hexdigest()} -->"


def marked(svg, dot):
    """The text of a picture with the mark of its source."""
    return svg.rstrip("\n") + "\n" + mark_of(dot) + "\n"


def svg_of(dot):
    return dot.removesuffix(".dot") + ".svg"


def is_stale(dot):
    if not os.path.exists(svg_of(dot)):
        return True
    with open(svg_of(dot), encoding="utf-8") as file:
        return mark_of(dot) not in file.read()


def stale(folder):
    """The sources whose pictures are missing or older."""
    return [os.path.basename(dot) for dot in sorted(glob.glob(os.path.join(folder, "*.dot"))) if is_stale(dot)]


def main():
    folder = sys.argv[1]
    for name in stale(folder):
        dot = os.path.join(folder, name)
        drawn = subprocess.run(["dot", "-Tsvg", dot], capture_output=True, text=True, check=True).stdout
        with open(svg_of(dot), "w", encoding="utf-8") as file:
            file.write(marked(drawn, dot))
        print(f"drew {svg_of(dot)}")


if __name__ == "__main__":
    main()
