#!/bin/bash
# A machine like this one, with systemd, that is gone when this ends: its disk is this machine's, under a layer of
# memory. Nothing that this machine's administrator has enabled runs on it, and it has a network of its own.
#
#   unshare --mount --propagation private machine.sh NAME
#
# It lives as long as standard input is open. Whoever starts this is told of the boot by NOTIFY_SOCKET.
set -eu
name=$1
cgroups=/sys/fs/cgroup
group=$cgroups/$name

# By the kernel, whatever they do: all processes of the machine are in the group.
end() {
    trap '' INT TERM HUP
    kill "${watch:-}" 2>/dev/null || true
    disown -a
    [ ! -e "$group/cgroup.kill" ] || echo 1 >"$group/cgroup.kill"
    tries=0
    while [ -d "$group" ] && [ $tries -lt 500 ]; do
        # What ends may still be in one of them.
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
        tries=$((tries + 1))
        [ ! -d "$group" ] || sleep 0.02
    done
}
trap end EXIT
trap 'exit 1' INT TERM HUP

# Only in here: nspawn keeps its books in /run, and groups of the second kind are wanted, whatever there is outside.
mount -t cgroup2 "$name" $cgroups
mount -t tmpfs -o mode=0755 "$name" /run
mount -t tmpfs -o mode=0755 "$name" /mnt
mkdir /mnt/upper /mnt/work /mnt/root
root=/mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work "$name" $root
[ -s $root/var/lib/dpkg/status ] || { echo "$0: /var/lib/dpkg has to be on the file system of /" >&2; exit 1; }

# With an identity it is not at its first boot, at which systemd would enable everything.
tr -d - </proc/sys/kernel/random/uuid >$root/etc/machine-id
rm -rf $root/etc/systemd/system/*.wants $root/etc/systemd/system/*.requires $root/etc/rc?.d/S*
# Images for containers forbid packages to start services.
rm -f $root/usr/sbin/policy-rc.d
# Debian's switch for it: reading every manual page takes longer than all the rest of an installation.
rm -f $root/var/lib/man-db/auto-update
# Nor has it any guests or networks.
rm -rf $root/etc/libvirt/qemu $root/etc/libvirt/lxc $root/etc/libvirt/libxl $root/etc/libvirt/storage
# As if it had never been here, by package or by `make install`.
dpkg --root=$root --purge assured >/dev/null 2>&1
rm -rf $root/etc/assured $root/var/lib/assured $root/usr/local/lib/systemd/system/assured.service
! grep -q ^assured: $root/etc/passwd || chroot $root userdel assured

mkdir "$group"
# In the group from the first instruction on: its own groups are below it.
sh -c 'echo 0 >"$0/cgroup.procs" && exec "$@"' "$group" \
    systemd-nspawn --quiet --directory=$root --machine="$name" --boot --notify-ready=yes --register=no --keep-unit \
    --link-journal=no --private-network --console=pipe </dev/null >&2 &
# Whichever ends first, the machine or standard input.
cat <&0 >/dev/null &
watch=$!
wait -n
