"""Makes the pictures of the HTML report and of the comment in docs/img: `python docs/screenshots.py`, with chromium.

What is shown is the demo on recorded plans, so the pictures change only when a report does.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

IMAGES = Path(__file__).with_name("img")
LIGHT, DARK = "1", "0"
SHOTS = {
    # file: (page, window, colour scheme)
    "report-desktop-light.png": ("report.html", "1200,1400", LIGHT),
    "report-desktop-dark.png": ("report.html", "1200,1400", DARK),
    "report-phone-light.png": ("report.html", "390,1400", LIGHT),
    "report-phone-dark.png": ("report.html", "390,1400", DARK),
    "comment.png": ("comment.html", "980,900", LIGHT),
}
# A comment as GitHub draws it, near enough to judge what people will see.
COMMENT = """<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 24px; background: #fff; color: #1f2328; font: 14px/1.5 -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
.box { border: 1px solid #d1d9e0; border-radius: 6px; max-width: 930px; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; padding: 8px 16px; color: #59636e; }
.head b { color: #1f2328; } .bot { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 6px; font-size: 12px; }
.body { padding: 16px; } h3 { font-size: 1.25em; margin: 0 0 12px; } p { margin: 0 0 12px; }
code { background: #eff1f3; border-radius: 6px; padding: .2em .4em; font: 85% "Liberation Mono", monospace; }
table { border-collapse: collapse; display: block; overflow: auto; margin-bottom: 12px; font-size: 13px; }
th, td { border: 1px solid #d1d9e0; padding: 6px 10px; text-align: left; } tr:nth-child(2n) { background: #f6f8fa; }
blockquote { margin: 0 0 12px; padding: 2px 14px; border-left: 4px solid #cf222e; } blockquote p { margin: 4px 0; }
blockquote b { color: #d1242f; } details { margin-bottom: 8px; } sub { color: #59636e; font-size: 12px; vertical-align: baseline; }
</style><div class="box"><div class="head"><b>github-actions</b> <span class="bot">bot</span> commented 2 hours ago</div>
<div class="body">CONTENT</div></div>"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pages(Path(folder))
        for name, (page, window, scheme) in SHOTS.items():
            shoot(Path(folder) / page, IMAGES / name, window, scheme)
            print(IMAGES / name)


def pages(folder: Path) -> None:
    """The pages to take pictures of."""
    dg = (sys.executable, "-m", "driftgate")
    subprocess.run((*dg, "demo", "--recorded", "--out-dir", folder), check=True, capture_output=True)
    saved = next(folder.glob("*.json"))
    subprocess.run((*dg, "report", "render", saved, "-o", "html", "--out", folder / "report.html"), check=True)
    shown = (*dg, "comment", "github", saved, "--dry-run")
    text = subprocess.run(shown, check=True, capture_output=True, text=True).stdout
    html = MarkdownIt("commonmark").enable("table").render(text)
    html = html.replace("<p>[!CAUTION]\n", "<p><b>⛔ Caution</b></p><p>")
    (folder / "comment.html").write_text(COMMENT.replace("CONTENT", html), encoding="utf-8")


def shoot(page: Path, target: Path, window: str, scheme: str) -> None:
    """A picture of `page` in a browser of its own."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("chromium is not on PATH")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            (browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             f"--user-data-dir={profile}", f"--blink-settings=preferredColorScheme={scheme}", f"--window-size={window}",
             f"--screenshot={target}", page.as_uri()),
            check=True, capture_output=True,
        )  # fmt: skip


if __name__ == "__main__":
    main()
