# shellcheck shell=bash
# Help on arguments and on what people come for.
expect 'help names an argument' 0 'smap.train(.., precision = "f32")' "$smap" -e 'help("precision")'
expect 'help begins with tasks' 0 'help("card.sample")' "$smap" -e 'help()'
for page in tensors image show smap.encode smap.decode smap.train card.sample plot data notebooks keys tour sessions; do
  expect "the page $page" 0 '' "$smap" -e "help(\"$page\")"
done
expect 'a variable comes before an argument' 0 'precision is a number' \
  bash -c 'printf "let precision = 3\n?precision\n" | "$0"' "$smap"
