# words.sh - what every `cmd` may say besides the tools' own names.

# show WORDS...: the command as one would type it, what it prints, its messages behind "! ", and its exit code unless it is 0.
# Returns that code, so that `show ... || :` goes on under set -e.
show() {
    shown='$'
    for word in "$@"; do
        case $word in
        *"'"*) shown="$shown \"$word\"" ;;
        '' | *[!A-Za-z0-9_./:=,%+-]*) shown="$shown '$word'" ;;
        *) shown="$shown $word" ;;
        esac
    done
    printf '%s\n' "$shown"
    code=0
    "$@" >.stdout 2>.stderr || code=$?
    cat .stdout
    sed 's/^/! /' .stderr
    [ "$code" -eq 0 ] || echo "exit $code"
    rm -f .stdout .stderr
    return "$code"
}

# title TEXT...: what the next lines are about.
title() {
    printf '\n# %s\n' "$*"
}

# take SPLIT/CLASS/NAME DESTINATION: one drawn photo, whatever its ending, as the file DESTINATION; folders are made.
take() {
    mkdir -p "$(dirname "$2")"
    cp "$SKIES/$1".* "$2"
}

# digest STORE: the line by which stores are equal.
digest() {
    tl-store info "$1" --digest
}

# ask STORE SQL: rows as sqlite3 lists them.
ask() {
    sqlite3 -batch "$1" "$2"
}

# mortal WORDS...: as somebody whom permissions bind; root is bound too once it may not override them.
mortal() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search "$@"
    else
        "$@"
    fi
}
