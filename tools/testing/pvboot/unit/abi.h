/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ABI that the core rests on, in numbers.  Whoever includes this defines
 *
 *	SIZE(type, on 32-bit, on 64-bit)
 *	OFFSET(type, member, on 32-bit, on 64-bit)
 *	VALUE(constant, on 32-bit, on 64-bit)
 *
 * and has 0 for the width that has no such thing.  No include guard: abi_xen.c
 * holds Xen's headers to it, abi_linux.c those of a Linux tree, each in both
 * widths.
 */

/* set_trap_table */
SIZE(struct trap_info, 8, 16);
OFFSET(struct trap_info, vector, 0, 0);
OFFSET(struct trap_info, flags, 1, 1);
OFFSET(struct trap_info, cs, 2, 2);
OFFSET(struct trap_info, address, 4, 8);

/* callback_op */
SIZE(xen_callback_t, 8, 8);
SIZE(struct callback_register, 12, 16);
OFFSET(struct callback_register, type, 0, 0);
OFFSET(struct callback_register, flags, 2, 2);
OFFSET(struct callback_register, address, 4, 8);
VALUE(CALLBACKOP_register, 0, 0);
VALUE(CALLBACKOP_unregister, 1, 1);
VALUE(CALLBACKTYPE_event, 0, 0);
VALUE(CALLBACKTYPE_failsafe, 1, 1);
VALUE(CALLBACKTYPE_syscall, 2, 2);
VALUE(CALLBACKTYPE_nmi, 4, 4);
VALUE(CALLBACKTYPE_sysenter, 5, 5);
VALUE(CALLBACKTYPE_syscall32, 7, 7);
VALUE(CALLBACKF_mask_events, 1, 1);

/* vcpu_op: commands */
VALUE(VCPUOP_initialise, 0, 0);
VALUE(VCPUOP_up, 1, 1);
VALUE(VCPUOP_down, 2, 2);
VALUE(VCPUOP_is_up, 3, 3);
VALUE(VCPUOP_get_runstate_info, 4, 4);
VALUE(VCPUOP_register_runstate_memory_area, 5, 5);
VALUE(VCPUOP_set_periodic_timer, 6, 6);
VALUE(VCPUOP_stop_periodic_timer, 7, 7);
VALUE(VCPUOP_set_singleshot_timer, 8, 8);
VALUE(VCPUOP_stop_singleshot_timer, 9, 9);
VALUE(VCPUOP_register_vcpu_info, 10, 10);
VALUE(VCPUOP_send_nmi, 11, 11);
VALUE(VCPUOP_get_physid, 12, 12);
VALUE(VCPUOP_register_vcpu_time_memory_area, 13, 13);

/* vcpu_op: what the commands take */
SIZE(struct vcpu_info, 64, 64);
SIZE(struct vcpu_register_vcpu_info, 16, 16);
OFFSET(struct vcpu_register_vcpu_info, mfn, 0, 0);
OFFSET(struct vcpu_register_vcpu_info, offset, 8, 8);
SIZE(struct vcpu_runstate_info, 44, 48);
OFFSET(struct vcpu_runstate_info, state, 0, 0);
OFFSET(struct vcpu_runstate_info, state_entry_time, 4, 8);
OFFSET(struct vcpu_runstate_info, time, 12, 16);
SIZE(struct vcpu_register_runstate_memory_area, 8, 8);
OFFSET(struct vcpu_register_runstate_memory_area, addr.v, 0, 0);
SIZE(struct pvclock_vcpu_time_info, 32, 32);
SIZE(struct vcpu_register_time_memory_area, 8, 8);
OFFSET(struct vcpu_register_time_memory_area, addr.v, 0, 0);
SIZE(struct vcpu_set_singleshot_timer, 12, 16);
OFFSET(struct vcpu_set_singleshot_timer, timeout_abs_ns, 0, 0);
OFFSET(struct vcpu_set_singleshot_timer, flags, 8, 8);
VALUE(VCPU_SSHOTTMR_future, 1, 1);

/* the context of a vCPU */
SIZE(struct cpu_user_regs, 68, 200);
OFFSET(struct cpu_user_regs, eip, 32, 128);
OFFSET(struct cpu_user_regs, cs, 36, 136);
OFFSET(struct cpu_user_regs, saved_upcall_mask, 38, 140);
OFFSET(struct cpu_user_regs, eflags, 40, 144);
OFFSET(struct cpu_user_regs, esp, 44, 152);
OFFSET(struct cpu_user_regs, ss, 48, 160);
OFFSET(struct cpu_user_regs, es, 52, 168);
OFFSET(struct cpu_user_regs, ds, 56, 176);
OFFSET(struct cpu_user_regs, fs, 60, 184);
OFFSET(struct cpu_user_regs, gs, 64, 192);

SIZE(struct vcpu_guest_context, 2800, 5168);
OFFSET(struct vcpu_guest_context, flags, 512, 512);
OFFSET(struct vcpu_guest_context, user_regs, 516, 520);
OFFSET(struct vcpu_guest_context, trap_ctxt, 584, 720);
SIZE(((struct vcpu_guest_context *)0)->trap_ctxt, 256 * 8, 256 * 16);
OFFSET(struct vcpu_guest_context, ldt_base, 2632, 4816);
OFFSET(struct vcpu_guest_context, ldt_ents, 2636, 4824);
OFFSET(struct vcpu_guest_context, gdt_frames, 2640, 4832);
OFFSET(struct vcpu_guest_context, gdt_ents, 2704, 4960);
OFFSET(struct vcpu_guest_context, kernel_ss, 2708, 4968);
OFFSET(struct vcpu_guest_context, kernel_sp, 2712, 4976);
OFFSET(struct vcpu_guest_context, ctrlreg, 2716, 4984);
OFFSET(struct vcpu_guest_context, debugreg, 2748, 5048);
OFFSET(struct vcpu_guest_context, event_callback_eip, 2784, 5112);
OFFSET(struct vcpu_guest_context, failsafe_callback_eip, 2792, 5120);
OFFSET(struct vcpu_guest_context, vm_assist, 2796, 5136);
#ifdef __x86_64__
OFFSET(struct vcpu_guest_context, syscall_callback_eip, 0, 5128);
OFFSET(struct vcpu_guest_context, fs_base, 0, 5144);
OFFSET(struct vcpu_guest_context, gs_base_kernel, 0, 5152);
OFFSET(struct vcpu_guest_context, gs_base_user, 0, 5160);
#else
OFFSET(struct vcpu_guest_context, event_callback_cs, 2780, 0);
OFFSET(struct vcpu_guest_context, failsafe_callback_cs, 2788, 0);
#endif
VALUE(VGCF_I387_VALID, 1, 1);
VALUE(VGCF_in_kernel, 4, 4);
VALUE(VGCF_failsafe_disables_events, 8, 8);
VALUE(VGCF_syscall_disables_events, 16, 16);
VALUE(VGCF_online, 32, 32);

/* selectors and addresses */
VALUE(FLAT_KERNEL_CS, 0xe019, 0xe033);
VALUE(FLAT_KERNEL_SS, 0xe021, 0xe02b);
VALUE(FIRST_RESERVED_GDT_ENTRY, 7168, 7168);
#ifdef __x86_64__
VALUE(__HYPERVISOR_VIRT_END, 0, 0xffff880000000000);
#endif
