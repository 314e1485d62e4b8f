# Removes a lab's folder once the lab's process and all its hosts are gone. $1: the folder, $2: the lab's identity.
# Ctrl-C and the like are for the lab's process: how that one ends, this one learns from its standard input.
trap '' INT TERM HUP
cat >/dev/null
# Every host's first process holds this lock shared, and lets go of it when its whole pid namespace is dead.
if exec 9<"$1/alive"; then flock --exclusive 9; fi
# Clients' tunnels to hosts that are gone. A number may have become somebody else's, so the mark decides.
for pid in $(cat "$1"/*/client/pids 2>/dev/null); do
    if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "ASSURED_LAB=$2"; then kill -9 "$pid" 2>/dev/null; fi
done
# The kernel is already taking down the links of the dead network namespaces; this makes it now rather than soon.
for alias in /sys/class/net/*/ifalias; do
    read -r owner <"$alias" || continue
    if [ "$owner" = "$2" ]; then link=${alias%/ifalias}; ip link delete "${link##*/}" 2>/dev/null; fi
done
# A short path to the folder, unless the name has become somebody else's.
shortcut=$(readlink "$1/shortcut") && case $(readlink "$shortcut") in "$1"/*) rm -f "$shortcut" ;; esac
# Something outside the lab, say a service under test that is just ending, may still write into the folder.
tries=0
until rm -rf --one-file-system "$1" 2>/dev/null || [ "$tries" -ge 100 ]; do tries=$((tries + 1)); sleep 0.1; done
