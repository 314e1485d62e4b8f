//! The real program, a real hypervisor host and a real guest.
