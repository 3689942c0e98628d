# The word lists of the editors' grammars match the tables.
expect "grammars are up to date" 0 "" "$smap" grammars --check "$root/Grammar"
cp -R "$root/Grammar" stale
sed -i 's/"smap.encode",//' stale/pygments/smap_lexer.py
expect "a stale grammar is named" 1 "stale/pygments/smap_lexer.py is out of date" \
  "$smap" grammars --check stale
expect "a stale grammar is rewritten" 0 "wrote stale/pygments/smap_lexer.py" "$smap" grammars stale
expect "the rewritten grammar is the one we ship" 0 "" \
  diff "$root/Grammar/pygments/smap_lexer.py" stale/pygments/smap_lexer.py
echo "# generated: nonsense" >>stale/pygments/smap_lexer.py
expect "an unknown list is an error" 65 "no list \`nonsense\`" "$smap" grammars stale
expect "a missing folder is an error" 66 "smap.tmLanguage.json" "$smap" grammars nowhere
