# Process 1 of a host's pid namespace. $1: the host's folder; for a host with an address of its own also $2, the hosts
# file, and $3, the host's name. Says "ready PID", then lives for as long as its standard input is open.
set -e
exec 9<&-
# /proc is still the outer one: this is the number by which the lab knows this process.
read -r pid rest </proc/self/stat
mount -t proc proc /proc
# A real machine's /run is gone with the power, and so is this one. It also hides the machine's D-Bus from libvirtd.
mount -t tmpfs tmpfs /run
mkdir /run/libvirt
mount --bind "$1/etc" /etc/libvirt
mount --bind "$1/lib" /var/lib/libvirt
mount --bind "$1/log" /var/log/libvirt
mount --bind "$1/cache" /var/cache/libvirt
if [ $# -gt 1 ]; then
    mount --bind "$2" /etc/hosts
    hostname "$3"
    ip link set lo up
fi
echo "ready $pid"
# With SIGCHLD ignored the kernel reaps every orphan at once; when this process ends, the kernel kills all the others.
exec env --ignore-signal=CHLD cat >/dev/null
