#!/bin/sh
# lint.sh room=FOLDER:MAY,SEE... library=HEADER=FOLDER... - keeps the tree's promises: who includes whom, where outside
# libraries enter, how long files are, how they begin. Reads the tree below the current folder; the tables come from the
# Makefile. Prints each fault as "file:line: what" and exits 1.
set -u
export LC_ALL=C

faults=$(mktemp)
trap 'rm -f "$faults"' EXIT
fault() { echo "$*" >>"$faults"; }

sources() { find common extract train serve tests -name '*.[ch]' 2>/dev/null | sort; }
product() { find common extract train serve -name '*.[ch]' 2>/dev/null | sort; }

rooms=
for argument in "$@"; do
    case $argument in
    room=*) rooms="$rooms ${argument#room=}" ;;
    esac
done

# Layers: a room's file includes its own room and those its row names.
for room in $rooms; do
    folder=${room%%:*}
    may=,${room#*:},$folder,
    for file in $(find "$folder" -maxdepth 1 -name '*.[ch]' | sort); do
        grep -nE '^#include "(common|extract|train|serve)/' "$file" | while IFS= read -r line; do
            number=${line%%:*}
            header=$(echo "$line" | sed 's/.*"\(.*\)".*/\1/')
            case $may in
            *,"${header%/*}",*) ;;
            *) fault "$file:$number: $folder may not include $header" ;;
            esac
        done
    done
done

# Every product file stands in a room of the table.
for file in $(product); do
    case " $rooms" in
    *" ${file%/*}:"*) ;;
    *) fault "$file:1: ${file%/*} is not a room" ;;
    esac
done

# Outside libraries enter through one room each.
for argument in "$@"; do
    case $argument in
    library=*)
        pair=${argument#library=}
        header=${pair%%=*}
        home=${pair#*=}
        for file in $(product); do
            case $file in
            "$home"/*) ;;
            *) grep -nE "^#include <$header[./]" "$file" | while IFS=: read -r number rest; do
                   fault "$file:$number: $header enters through $home only"
               done ;;
            esac
        done ;;
    esac
done

# No two files of one name; no file beyond 400 lines, no line beyond 132 columns; the first line says what the file is.
sources | sed 's|.*/||' | sort | uniq -d | while IFS= read -r name; do fault "$name:1: two files have this name"; done
for file in $(sources); do
    name=${file##*/}
    lines=$(wc -l <"$file")
    [ "$lines" -le 400 ] || fault "$file:400: $lines lines; past 400 it is two concepts"
    awk 'length > 132 { print FNR }' "$file" | while IFS= read -r number; do
        fault "$file:$number: a line of more than 132 columns"
    done
    head -1 "$file" | grep -qF "/* $name - " || head -1 "$file" | grep -qF "/* $name: see " ||
        fault "$file:1: the first line is not '/* $name - what it is'"
done

# Habits: heap memory through memory.h, output from tools only, no leftovers.
for file in $(product); do
    case $file in
    common/base/memory.c) ;;
    *) grep -nE '(^|[^_a-zA-Z.>])(malloc|calloc|realloc|free|strdup|strndup)\(' "$file" | while IFS=: read -r number rest; do
           fault "$file:$number: heap memory comes from common/base/memory.h"
       done ;;
    esac
    case $file in
    */tl_*.c | common/base/tool.c) ;;
    common/image/nursery.c) ;; # ends helper processes, which it forked
    *) grep -nE '(^|[^_a-zA-Z.>])(printf|puts|putchar|exit|_exit|abort|perror)\(' "$file" | while IFS=: read -r number rest; do
           fault "$file:$number: only the tools print or exit"
       done ;;
    esac
done
for file in $(sources) $(find schema -name '*.sql' 2>/dev/null); do
    grep -nwE 'TODO|FIXME|XXX' "$file" | while IFS=: read -r number rest; do fault "$file:$number: left open"; done
    grep -nE '[[:space:]]+$' "$file" | while IFS=: read -r number rest; do fault "$file:$number: space at the end of the line"; done
    grep -nP '\t' "$file" | while IFS=: read -r number rest; do fault "$file:$number: a tab"; done
done

if [ -s "$faults" ]; then
    cat "$faults"
    echo "lint: $(wc -l <"$faults") faults"
    exit 1
fi
echo "lint: $(sources | wc -l) files, no faults"
