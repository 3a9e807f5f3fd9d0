#!/bin/sh
# embed_sql.sh - turns SQL files into the C table that schema_sql.h declares, in the order given, on stdout.
# Each text is an array of characters, not a string literal, so that no compiler's limit on literals is met.
set -eu

printf '/* Made from the .sql files by common/store/embed_sql.sh. */\n#include "common/store/schema_sql.h"\n\n'
index=0
table=
for file in "$@"; do
    printf 'static const char text_%d[] = {\n' "$index"
    od -An -v -tx1 "$file" | awk '{ for (i = 1; i <= NF; i++) printf "\047\\x%s\047,", $i; print "" }'
    printf '0};\n\n'
    table="$table    {\"${file##*/}\", text_$index},
"
    index=$((index + 1))
done
printf 'const struct tl_schema_sql tl_schema_sql_files[] = {\n%s    {0, 0},\n};\n' "$table"
