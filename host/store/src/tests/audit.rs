//! The audit log keeps every line.

use super::fixture::{Shared, at};
use crate::AuditEntry;

on_every_store!(lines_come_back_newest_first);

async fn lines_come_back_newest_first(store: Shared) {
    let line = |second| AuditEntry {
        at: at(second),
        actor: "host".to_owned(),
        action: "key-created".to_owned(),
        subject: format!("key-{second}"),
        detail: "first start".to_owned(),
    };
    // By when they were written: a clock may go back.
    for second in [3, 1, 2] {
        store.audit(line(second)).await.unwrap();
    }
    assert_eq!(store.audit_log(2).await.unwrap(), [line(2), line(1)]);
    assert_eq!(store.audit_log(10).await.unwrap().len(), 3);
}
