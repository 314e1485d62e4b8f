# Runs a private PostgreSQL until it is told to end. $1: its folder; the rest: the server's command line.
# Says the server's process number first. A line of standard input is the signal that ends it, and leaves the folder;
# the end of standard input is the end of whoever has it, and takes everything away.
trap '' INT TERM HUP
folder=$1
shift
"$@" </dev/null >>"$folder/log" 2>&1 &
server=$!
echo "$server"
read -r signal || signal=
children=$(cat "/proc/$server/task/$server/children" 2>/dev/null)
kill -s "${signal:-QUIT}" "$server" 2>/dev/null
# What was stopped hears of it only when it goes on.
# shellcheck disable=SC2086
kill -s CONT "$server" $children 2>/dev/null
wait "$server"
for child in $children; do
    while kill -s 0 "$child" 2>/dev/null; do sleep 0.02; done
done
[ -n "$signal" ] || rm -rf --one-file-system "$folder"
