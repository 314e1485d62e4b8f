#!/bin/sh
# A host of the demo, from a terminal: `kill GUEST`, `hang`, `unhang`; any other words go to virsh.
inside() { exec nsenter --target @PID@ --all -- sh -c "$@"; }
case $1 in
    kill) inside 'kill -9 "$(cat "/run/libvirt/qemu/$1.pid")"' kill "$2" ;;
    hang) inside 'kill -STOP "$(cat /run/libvirtd.pid)"' ;;
    unhang) inside 'kill -CONT "$(cat /run/libvirtd.pid)"' ;;
    *) exec virsh -c '@URI@' "$@" ;;
esac
