# shellcheck shell=bash
# The reference manual: it derives from the tables, in all its formats.
expect "the manual is up to date" 0 "" "$smap" docs --check "$root/docs/Reference.md"
sed 's/smap\.encode/smap.enkode/' "$root/docs/Reference.md" >stale.md
expect "a stale manual is named" 1 "stale.md is out of date" "$smap" docs --check stale.md
expect "a missing manual is an error" 66 "nowhere.md" "$smap" docs --check nowhere.md
expect "it can be printed" 0 "#### \`smap.encode\`" "$smap" docs
expect "it can be written" 0 "wrote here/Reference.md" "$smap" docs --output here
expect "printed and written are alike" 0 "" diff here/Reference.md "$root/docs/Reference.md"
expect "an unknown form" 64 "markdown, html, man" "$smap" docs --format pdf
expect "a full disk" 74 "cannot write 'standard output'" bash -c '"$0" docs >/dev/full' "$smap"
expect "HTML" 0 "wrote here/reference.html" "$smap" docs --format html --output here
expect "HTML loads nothing from elsewhere" 1 "" grep -E 'src=|<link|@import|url\(' here/reference.html
cat >well_formed.py <<'PYTHON'
import html.parser, re, sys
VOID = {"meta", "input", "link", "br"}
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []
    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID: self.open.append(tag)
        if "id" in attributes: self.ids.append(attributes["id"])
        self.links += attributes.get("aria-labelledby", "").split()
        if attributes.get("href", "").startswith("#"): self.links.append(attributes["href"][1:])
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open, self.getpos())
        self.open.pop()
page = Page()
page.feed(open(sys.argv[1]).read())
assert not page.open and len(page.ids) == len(set(page.ids))
print(len(page.ids), "places,", len(set(page.links) - set(page.ids)), "broken links")
PYTHON
expect "HTML is well formed, links lead somewhere" 0 "places, 0 broken links" \
  python3 well_formed.py here/reference.html
expect "pages for man" 0 "wrote here/man7/smap-language.7" "$smap" docs --format man --output here
for page in here/man1/smap.1 here/man7/smap-language.7; do
  if command -v mandoc >/dev/null; then
    expect "mandoc finds nothing in $page" 0 "" mandoc -T lint -W style "$page"
    expect "$page reads well" 0 "SEE ALSO" bash -c 'mandoc -T ascii "$0" | sed "s/.\x08//g"' "$page"
  else
    echo "skipped: mandoc is not installed, so $page is not checked"
  fi
done
for shell in bash zsh fish; do
  expect "completions for $shell" 0 "docs" "$smap" --generate-completion-script "$shell"
done
