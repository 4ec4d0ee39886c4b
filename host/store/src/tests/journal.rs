//! An append changes journal, run and account together, or nothing.

use serde_json::json;

use super::fixture::{Shared, at, change, claim, created, name, note, refused, signup, working};
use crate::{AccountChange, AccountStatus, RunChange, RunStatus};

on_every_store!(
    entries_come_back_as_they_went_in,
    entries_of_one_append_follow_each_other,
    run_and_account_change_with_the_entry,
    what_the_account_may_not_become_leaves_nothing_behind,
    a_note_goes_with_its_status,
    an_account_number_is_believed_once,
    a_closed_account_is_stamped_and_stays,
    a_park_keeps_its_note,
);

async fn entries_come_back_as_they_went_in(store: Shared) {
    let claim = working(&*store).await;
    let entry = json!({"step-done": {"step": "card", "facts": {"n": 1.5, "ü": null, "s": "a'b"}}});
    let keep = AccountChange::default();
    store.append(&claim.fence, at(3), vec![entry.clone()], RunChange::Keep, keep).await.unwrap();
    let journal = store.journal(&claim.run.id).await.unwrap();
    assert_eq!((journal[0].version, journal[0].epoch, journal[0].at), (1, 1, at(3)));
    assert_eq!(journal[0].entry, entry);
    assert_eq!(store.run(&claim.run.id).await.unwrap().unwrap().version, 1);
}

async fn entries_of_one_append_follow_each_other(store: Shared) {
    let claim = working(&*store).await;
    note(&*store, &claim, "before").await.unwrap();
    let both = vec![json!("end"), json!("start")];
    let keep = AccountChange::default();
    store.append(&claim.fence, at(3), both, RunChange::Keep, keep).await.unwrap();
    note(&*store, &claim, "after").await.unwrap();
    let journal = store.journal(&claim.run.id).await.unwrap();
    let entries: Vec<_> = journal.iter().map(|it| (it.version, it.entry.clone())).collect();
    let expected = ["before", "end", "start", "after"];
    assert_eq!(entries, (1..).zip(expected.map(|entry| json!(entry))).collect::<Vec<_>>());
    assert_eq!((journal[1].at, journal[2].at), (at(3), at(3)));
    assert_eq!(store.run(&claim.run.id).await.unwrap().unwrap().version, 4);
}

async fn run_and_account_change_with_the_entry(store: Shared) {
    let claim = working(&*store).await;
    let going = AccountChange { status: Some(AccountStatus::InProgress), ..Default::default() };
    store.append(&claim.fence, at(1), vec![json!("go")], RunChange::Keep, going).await.unwrap();
    let account = store.account(&name(1)).await.unwrap().unwrap();
    assert_eq!((account.status, account.created_at), (AccountStatus::InProgress, None));

    store
        .append(&claim.fence, at(9), vec![json!("end")], RunChange::Succeed, created(1))
        .await
        .unwrap();
    let account = store.account(&name(1)).await.unwrap().unwrap();
    assert_eq!((account.status, account.created_at), (AccountStatus::Created, Some(at(9))));
    assert_eq!(account.id.as_deref(), Some("000000000001"));
    assert!(account.role_arn.unwrap().ends_with("OVMCrossAccountRole"));
    let run = store.run(&claim.run.id).await.unwrap().unwrap();
    assert_eq!((run.status, run.ended_at, run.version), (RunStatus::Succeeded, Some(at(9)), 2));
    assert_eq!((run.claimed_by, run.claim_until), (None, None));
}

async fn what_the_account_may_not_become_leaves_nothing_behind(store: Shared) {
    let claim = working(&*store).await;
    let vended = AccountChange { status: Some(AccountStatus::Vended), ..created(1) };
    let why = refused(
        store.append(&claim.fence, at(1), vec![json!("x")], RunChange::Succeed, vended).await,
    );
    assert_eq!(why, "account ovm-00000001 is PLANNED: it can't become VENDED; nothing was changed");
    assert_eq!(store.journal(&claim.run.id).await.unwrap(), []);
    assert_eq!(store.run(&claim.run.id).await.unwrap(), Some(claim.run.clone()));
    assert_eq!(store.account(&name(1)).await.unwrap(), Some(claim.account.clone()));
    note(&*store, &claim, "the fence is where it was").await.unwrap();
}

async fn a_note_goes_with_its_status(store: Shared) {
    let claim = working(&*store).await;
    let write = |change| store.append(&claim.fence, at(1), vec![json!(0)], RunChange::Keep, change);
    let noted = || async { store.account(&name(1)).await.unwrap().unwrap().note };
    let status = Some(AccountStatus::Quarantined);
    let note = Some("card declined".to_owned());
    write(AccountChange { status, note, ..Default::default() }).await.unwrap();
    assert_eq!(noted().await.as_deref(), Some("card declined"));
    write(AccountChange { id: Some("1".to_owned()), ..Default::default() }).await.unwrap();
    assert_eq!(noted().await.as_deref(), Some("card declined"));
    let status = Some(AccountStatus::InProgress);
    write(AccountChange { status, ..Default::default() }).await.unwrap();
    assert_eq!(noted().await, None);
}

async fn an_account_number_is_believed_once(store: Shared) {
    let one = working(&*store).await;
    let number = |id: &str| AccountChange { id: Some(id.to_owned()), ..Default::default() };
    let write = |change| store.append(&one.fence, at(1), vec![json!(0)], RunChange::Keep, change);
    write(number("000000000007")).await.unwrap();
    write(number("000000000007")).await.unwrap();
    assert!(refused(write(number("000000000008")).await).contains("has the number 000000000007"));

    signup(&*store, 2, at(0)).await;
    let two = claim(&*store, "w", at(0)).await;
    let same =
        store.append(&two.fence, at(1), vec![json!(0)], RunChange::Keep, number("000000000007"));
    assert!(refused(same.await).contains("belongs to account ovm-00000001"));
}

async fn a_closed_account_is_stamped_and_stays(store: Shared) {
    let claim = working(&*store).await;
    let closed = AccountChange { status: Some(AccountStatus::Closed), ..Default::default() };
    store.append(&claim.fence, at(5), vec![json!(0)], RunChange::Keep, closed).await.unwrap();
    assert_eq!(store.account(&name(1)).await.unwrap().unwrap().closed_at, Some(at(5)));
    for status in [AccountStatus::Created, AccountStatus::Quarantined, AccountStatus::Closing] {
        let change = AccountChange { status: Some(status), ..Default::default() };
        refused(store.append(&claim.fence, at(6), vec![json!(0)], RunChange::Keep, change).await);
    }
}

async fn a_park_keeps_its_note(store: Shared) {
    let claim = working(&*store).await;
    change(&*store, &claim, "parked", RunChange::Park("page changed".to_owned())).await.unwrap();
    let run = store.run(&claim.run.id).await.unwrap().unwrap();
    assert_eq!((run.status, run.note.as_deref()), (RunStatus::Parked, Some("page changed")));
    assert_eq!((run.ended_at, run.wake_at, run.claimed_by), (None, None, None));
}
