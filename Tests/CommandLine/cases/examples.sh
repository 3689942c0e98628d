# shellcheck shell=bash
# Examples, from another folder; what they write stays here.
for example in quickstart regression tail_drop prefix_ladder card_guidance watch tour; do
  expect "example $example" 0 '' "$smap" "$root/Examples/$example.smap"
done
expect 'searched codes' 0 'vectors_of_letters_kl' "$smap" "$root/Examples/code_search.smap" -- 4
expect 'a few letters' 0 'on average' "$smap" "$root/Examples/letters.smap" -- 21
expect 'an alphabet of a typeface' 0 'CARD after 4' "$smap" "$root/Examples/typeface.smap"
expect 'a letter of one' 0 '' "$smap" -e '
  let letter = image.resize(data.letters32("val").images[[20]], 80, 80, clamp = true)
  image.save(letter, "letter.png")
  image.save(1 - letter, "light.png")
  image.save(0 * letter, "black.png")'
typeface=$root/Examples/typeface.smap
expect 'an alphabet of a picture' 0 'image(' "$smap" "$typeface" -- letter.png U
expect 'a light letter is inverted' 0 'so it was inverted' "$smap" "$typeface" -- light.png U
expect 'a picture without a letter' 1 'all of it is dark' "$smap" "$typeface" -- black.png U
expect 'a picture without its letter' 1 'ArgumentError: wanted are' "$smap" "$typeface" -- letter.png
expect 'an argument too many' 1 '-- letter.png R' "$smap" "$typeface" -- letter.png U extra
expect 'an option after the script' 1 'stand before the script' "$smap" "$typeface" -- letter.png U --images none
expect 'a letter that is none' 1 'ArgumentError: there is no letter "u"' "$smap" "$typeface" -- letter.png u
expect 'a typeface that is none' 1 'ArgumentError: the validation set has no typeface' "$smap" "$typeface" -- None R
for picture in ladder designs classes new_letters typeface new_emoji; do
  expect "the tour's $picture.png" 0 'image(' "$smap" -e "image.make(image.load(\"out/tour/$picture.png\"))"
done
expect 'a generator is measured' 0 'mean letter' "$smap" \
  "$root/Examples/measure_letters_card.smap" -- letters-card 2
expect 'a generator of emoji is measured' 0 'training, through the tokenizer' "$smap" \
  "$root/Examples/measure_emoji_card.smap" -- emoji-card 2
expect 'training a tokenizer' 0 'written to' "$smap" "$root/Examples/train_tokenizer.smap" -- kl 3
expect 'training a vq tokenizer' 0 'of the codes' "$smap" "$root/Examples/train_tokenizer.smap" -- vq 3
expect 'training without a linear path' 0 'written to' "$smap" "$root/Examples/train_tokenizer.smap" -- learned 3
expect 'training on letters' 0 'written to' "$smap" "$root/Examples/train_letters.smap" -- kl 3
expect 'training codes of letters' 0 'of the codes' "$smap" "$root/Examples/train_letters.smap" -- vq 3
expect 'training a generator of letters' 0 'written to' "$smap" "$root/Examples/train_letters_card.smap" -- 2
expect 'training a generator' 0 'written to' "$smap" "$root/Examples/train_card.smap" -- 3
