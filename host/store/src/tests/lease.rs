//! The time for which an account is vended.

use super::fixture::{Shared, a_run, assert_not_found, at, name, refused, stock};
use crate::AccountStatus;

on_every_store!(a_lease_ends_when_it_says, a_lease_is_set_anew, only_a_vended_account_has_a_lease,);

async fn a_lease_ends_when_it_says(store: Shared) {
    stock(&*store, 0..3).await;
    store.vend(at(10), at(300), None, "a").await.unwrap();
    store.vend(at(10), at(200), None, "a").await.unwrap();
    let over = async |second| {
        let over = store.leases_over(at(second)).await.unwrap();
        over.into_iter().map(|account| account.name).collect::<Vec<_>>()
    };
    assert!(over(199).await.is_empty());
    assert_eq!(over(200).await, [name(1)]);
    let next = async |second| store.next_lease_end(at(second)).await.unwrap();
    assert_eq!(next(10).await, Some(at(200)));
    assert_eq!(next(200).await, Some(at(300)));
    assert_eq!(next(300).await, None);
    assert_eq!(over(300).await, [name(1), name(0)], "the one that is over longest comes first");
    // One at which something else is going on waits for that.
    let check = a_run("check", &name(1));
    store.start_run(at(300), check, &[AccountStatus::Vended], None).await.unwrap();
    assert_eq!(over(300).await, [name(0)]);
}

async fn a_lease_is_set_anew(store: Shared) {
    stock(&*store, 0..1).await;
    store.vend(at(10), at(300), None, "a").await.unwrap();
    let account = store.set_lease(&name(0), at(20), "person:ann", at(20)).await.unwrap();
    assert_eq!(account.lease_until, Some(at(20)));
    assert_eq!(store.leases_over(at(20)).await.unwrap(), [account]);
    let line = &store.audit_log(1).await.unwrap()[0];
    assert_eq!((line.actor.as_str(), line.action.as_str()), ("person:ann", "lease"));
    assert_eq!(line.subject, name(0).0);
}

async fn only_a_vended_account_has_a_lease(store: Shared) {
    stock(&*store, 0..1).await;
    let why = refused(store.set_lease(&name(0), at(20), "a", at(20)).await);
    assert_eq!(why, "account ovm-00000000 is CREATED: only a VENDED account has a lease");
    assert_not_found(store.set_lease(&name(9), at(20), "a", at(20)).await);
    assert!(store.audit_log(10).await.unwrap().is_empty());
}
