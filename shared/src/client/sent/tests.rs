use super::*;

/// Inputs for the ticks from 10 on, each sent 100 us after the one before.
fn sent(count: u32) -> SentInputs {
    let mut inputs = SentInputs::default();
    (0..count).for_each(|n| inputs.add(Tick(10 + n), u64::from(n) * 100));
    inputs
}

#[test]
fn an_echo_is_told_once_and_only_for_a_newer_input() {
    let mut inputs = sent(5);
    assert_eq!(inputs.note_applied(1000, Tick(11), Some(11)), Some(900));
    assert_eq!(inputs.note_applied(1500, Tick(11), Some(11)), None);
    assert_eq!(inputs.note_applied(2000, Tick(13), Some(13)), Some(1700));
    assert_eq!(inputs.note_applied(2000, Tick(14), Some(12)), None, "an older one tells nothing");
    assert_eq!(inputs.note_applied(2000, Tick(15), None), None, "none has been applied");
}

#[test]
fn what_the_server_went_without_is_counted_once_and_apart_when_it_was_stuck() {
    let mut inputs = sent(10);
    inputs.mark_stalled(Tick(13), 2);
    inputs.note_applied(0, Tick(12), Some(12));
    assert_eq!(inputs.late(), LateInputs::default(), "10 and 11 may have been applied before");
    // The server is at 16 and has applied nothing after 12.
    inputs.note_applied(0, Tick(16), Some(12));
    assert_eq!(inputs.late(), LateInputs { count: 4, stalled: 2 });
    inputs.note_applied(0, Tick(16), Some(12));
    assert_eq!(inputs.late(), LateInputs { count: 4, stalled: 2 }, "not twice");
    // From the next one on they are in time again: whether 17 was cannot be told.
    inputs.note_applied(0, Tick(18), Some(18));
    assert_eq!(inputs.late(), LateInputs { count: 4, stalled: 2 });
    assert!(inputs.is_applied(Tick(18)) && !inputs.is_applied(Tick(17)));
    let goes_on = SentInputs::after(inputs.late());
    assert_eq!((goes_on.late().count, goes_on.ticks().count()), (4, 0), "another epoch counts on, with nothing sent");
}

#[test]
fn nothing_is_late_before_the_first_input_is_known_to_have_come_or_after_a_jump_back() {
    let mut inputs = sent(5);
    inputs.note_applied(0, Tick(13), None);
    assert_eq!(inputs.late().count, 0);
    inputs.note_applied(0, Tick(14), Some(14));
    inputs.add(Tick(15), 0);
    inputs.forget();
    inputs.note_applied(0, Tick(20), Some(14));
    assert_eq!(inputs.late().count, 0);
}

#[test]
fn what_is_remembered_is_bounded_and_ticks_may_wrap() {
    let mut inputs = SentInputs::default();
    (0..1000u32).for_each(|n| inputs.add(Tick(n.wrapping_sub(500)), u64::from(n)));
    assert_eq!((inputs.ticks().count(), inputs.ticks().next()), (SENT_MAX, Some(Tick(500 - SENT_MAX as u32))));
    let mut inputs = SentInputs::default();
    (0..10u32).for_each(|n| inputs.add(Tick(n.wrapping_sub(5)), u64::from(n)));
    assert_eq!(inputs.note_applied(100, Tick(u32::MAX), Some(255)), Some(96));
    inputs.note_applied(100, Tick(2), Some(255));
    assert_eq!(inputs.late().count, 3, "0, 1 and 2");
}
