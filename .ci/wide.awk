# Prints lines of Go that are too wide: comments over 100 columns, code over 120, a tab counting as 4. Raw strings stay as
# they are, and so do tags of fields, whose text can't be broken.
FNR == 1 { raw = 0 }
{
  ticks = gsub(/`/, "`")
  inside = raw || ticks > 0
  if (ticks % 2) raw = !raw
  if (inside) next
  line = $0
  gsub(/\t/, "    ", line)
  if (line ~ /^ *\/\/ [^ ]+$/) next # one word, such as a URL
  limit = line ~ /^ *\/\// ? 100 : 120
  if (line ~ /^ *\/\/( {2,}|    )/) limit = 120 # what is indented in a comment is code
  if (length(line) > limit) print FILENAME ":" FNR ": " length(line) " columns"
}
