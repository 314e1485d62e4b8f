# Takes a shared lock that shows the keeper that a room is still there, then becomes the room's `unshare`.
# $1: the file to lock; the rest: the command. The lock is on file 9, which the room's own script closes.
set -e
exec 9<"$1"
flock --shared 9
shift
exec "$@"
