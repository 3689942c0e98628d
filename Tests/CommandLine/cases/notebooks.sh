# shellcheck shell=bash
# Notebooks: scripts with cells as pages, notebook files and Markdown, and back.
export XDG_CACHE_HOME=$PWD/cache
cat >note.smap <<'END'
# %% [markdown]
# # Title

# %% Sum
let a = 40
a + 2
# %% Args
sys.args()
END
expect 'a page is written beside the script' 0 'wrote note.html' "$smap" notebook note.smap
expect 'it has the title and the outputs' 0 '<title>Title</title>' cat note.html
expect 'the value of a cell is in the page' 0 '<pre class="text">42</pre>' cat note.html
expect 'a notebook file' 0 '' "$smap" notebook note.smap --to ipynb -o run.ipynb -- x y
expect 'arguments reach the script' 0 '\"x\", \"y\"' cat run.ipynb
expect 'Markdown' 0 '' "$smap" notebook note.smap --to md
expect 'its code is in a block' 0 '```smap' cat note.md
expect 'converted to Jupyter' 0 '' "$smap" convert note.smap note.ipynb
expect 'and back' 0 '' "$smap" convert note.ipynb back.smap
expect 'with the same bytes' 0 '' cmp note.smap back.smap
expect 'outputs are no part of a script' 0 'the outputs of 2 cells are not in' \
  "$smap" convert run.ipynb back.smap
expect 'nothing runs without a run' 0 '' "$smap" notebook note.smap --no-run -o plain.html
expect 'and nothing is shown' 1 '' grep -q '>42<' plain.html
printf '# %%%%\n1\n# %%%%\nerror("stop")\n' >fails.smap
expect 'an error gives its exit code' 1 'fails.smap:4:1' "$smap" notebook fails.smap
expect 'and is in the page' 0 'Error: stop' cat fails.html
printf '# %%%%\n1\n# %%%%\nerror("stop")\n# %%%%\n2\n' >cut.smap
expect 'later cells say that they did not run' 1 '<sub>not run, since an earlier cell failed</sub>' \
  bash -c '"$0" notebook cut.smap --to md 2>/dev/null; code=$?; tail -1 cut.md; exit $code' "$smap"
expect 'the name of the output says the form' 0 '# Title' \
  bash -c '"$0" notebook note.smap -o named.md 2>/dev/null; head -1 named.md' "$smap"
expect 'or nobody does' 64 'x.png does not say which form it has: add --to, one of html, ipynb, md, pdf' \
  "$smap" notebook note.smap -o x.png
expect 'but both must not differ' 64 '--to md would write another form than x.html says' \
  "$smap" notebook note.smap --to md -o x.html
printf '# %%%% [markdown]\n# <!-- hidden -->\n# # T\n# <b>bold</b> 1 < 2\n' >tags.smap
expect 'HTML in the text is left out with a warning' 0 'warning: tags.smap:4: HTML in the text is left out of pages' \
  "$smap" notebook tags.smap
expect 'a control with many values says so' 0 'n = 39: 39
shown: n (32 of 40)' "$smap" -e 'slider("n", range(40), fn(n) = n)'
printf '# %%%%\nseed(5)\n# %%%%\nrand(3)\nrand(3)\n# %%%%\nseed(5); rand(2)\n' >seeds.smap
expect 'a cell may set the same seed again' 0 'seed 5, draw 1 ' \
  bash -c '"$0" notebook seeds.smap --to md 2>/dev/null; tail -1 seeds.md' "$smap"
printf '# %%%%\nfor i in range(200000) { print("line {i}") }\n' >long.smap
expect 'a cell may print very much' 0 'line 199999' bash -c '"$0" notebook long.smap --to md 2>/dev/null; tail -5 long.md' "$smap"
printf '{"cells": 1}' >bad.ipynb
expect 'a file that is no notebook' 65 'is no notebook of nbformat 4' "$smap" convert bad.ipynb x.smap
expect 'an unknown form' 64 '--to is one of html, ipynb, md, pdf' "$smap" notebook note.smap --to doc
expect 'two scripts' 64 'one of the two files ends in .ipynb' "$smap" convert note.smap x.smap
expect 'no PDF without a browser' 69 'a PDF needs Chromium' \
  env PATH=/nowhere "$smap" notebook note.smap --to pdf
# A browser that writes where it was told to.
cat >browser.sh <<'END'
#!/bin/sh
for word; do
  case $word in --print-to-pdf=*) echo "%PDF-1.4 $word" >"${word#*=}" ;; esac
done
END
chmod +x browser.sh
expect 'a PDF with an empty TMPDIR' 0 'wrote note.pdf' \
  env TMPDIR= SMAP_BROWSER="$PWD/browser.sh" "$smap" notebook note.smap --to pdf
expect 'is made in /tmp, not in the root' 0 '=/tmp/smap-page-' cat note.pdf
expect 'the output is not the script' 64 'would be overwritten' \
  "$smap" notebook note.smap --output note.smap
# What every form says beside the outputs.
printf '# %%%% Now\nsleep(1); data.save([1], "made.npy")\n# %%%% Curves\nslider("n", [1, 2], fn(n) = plot.line([0, n]))\n' >said.smap
expect 'a page says what runs every time' 0 'run every time: ' bash -c '"$0" notebook said.smap && cat said.html' "$smap"
expect 'so does Markdown' 0 '<sub>run every time: it writes a file' bash -c '"$0" notebook said.smap --to md && cat said.md' "$smap"
expect 'and a notebook file' 0 '"run_every_time": "' bash -c '"$0" notebook said.smap --to ipynb && cat said.ipynb' "$smap"
expect 'sliders of figures are figures there' 0 'n = 1</text>' python3 -c "
import json
cells = json.load(open('said.ipynb'))['cells']
data = cells[1]['outputs'][0]['data']
import xml.dom.minidom
text = ''.join(data['image/svg+xml'])
xml.dom.minidom.parseString(text)
print(text)"
# Jupyter shows an SVG only in a notebook that it trusts, so there are pixels, too.
printf 'plot.line([1, 2])\n' >figure.smap
expect 'a figure in a notebook file is pixels as well' 0 '[960, 640] {"height": 320, "width": 480}' bash -c \
  '"$0" notebook figure.smap --to ipynb && python3 -c "
import base64, json, struct
for path in (\"said.ipynb\", \"figure.ipynb\"):
    output = json.load(open(path))[\"cells\"][-1][\"outputs\"][0]
    png = base64.b64decode(output[\"data\"][\"image/png\"])
    print(list(struct.unpack(\">II\", png[16:24])), json.dumps(output[\"metadata\"].get(\"image/png\")))"' "$smap"
# A text that cannot be kept is refused, with its place.
printf '# %%%% [markdown]\n# caf\351\n' >latin.smap
expect 'no UTF-8 cannot be converted' 65 'latin.smap:2:6: this is no UTF-8' "$smap" convert latin.smap latin.ipynb
expect 'nor made a page' 65 'latin.smap:2:6: this is no UTF-8' "$smap" notebook latin.smap --no-run
printf '# %%%% [markdown]\n# A picture:\n#\n# ![x](none.png)\n' >lacks.smap
expect 'a missing picture is named' 0 "warning: lacks.smap:4: the picture 'none.png' does not exist" "$smap" notebook lacks.smap
expect 'by its cell in a notebook file' 0 "lacks.ipynb, cell 1: the picture 'none.png'" \
  bash -c '"$0" convert lacks.smap lacks.ipynb && "$0" notebook lacks.ipynb' "$smap"
printf '# %%%% A <b> & c\nshow(1, title = "<script>")\nslider("<i>", [1], fn(n) = n)\n' >tags.smap
expect 'Markdown has no tags of a notebook' 0 '**&lt;script>**' bash -c '"$0" notebook tags.smap --to md && cat tags.md' "$smap"
expect 'nor in captions' 0 '&lt;i> = 1:' cat tags.md
expect 'nor in titles' 0 '## A &lt;b> &amp; c' cat tags.md
