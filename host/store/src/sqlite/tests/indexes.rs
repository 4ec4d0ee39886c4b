//! Each index earns its keep: the query that it names uses it.

use crate::tests::fixture::Home;

/// Index, and the query that needs it (as the modules ask it).
const USES: &[(&str, &str)] = &[
    (
        "account_status",
        "SELECT name FROM account WHERE status = 'CREATED' AND id IS NOT NULL
        AND role_arn IS NOT NULL ORDER BY created_at, rowid LIMIT 1",
    ),
    ("account_status", "SELECT name FROM account WHERE status = ?1 ORDER BY planned_at, rowid"),
    (
        "account_status",
        "SELECT name FROM account WHERE status = 'VENDED' AND lease_until <= ?1
        ORDER BY lease_until",
    ),
    ("run_unfinished", "SELECT id FROM run WHERE account = ?1 AND status IN ('ready', 'parked')"),
    ("run_due", "SELECT id FROM run WHERE due_at <= ?1 ORDER BY due_at, rowid LIMIT 1"),
    ("run_due", "SELECT due_at FROM run WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1"),
    ("run_claimed", "UPDATE run SET claimed_by = NULL, claim_until = NULL WHERE claimed_by = ?1"),
    (
        "run_signup",
        "SELECT started_at FROM run WHERE signup = 1 AND flow = ?1
        ORDER BY started_at DESC LIMIT 1 OFFSET ?2",
    ),
    ("run_started", "SELECT * FROM run ORDER BY started_at DESC, rowid DESC LIMIT ?1"),
    (
        "run_status",
        "SELECT * FROM run WHERE status = ?1
        ORDER BY started_at DESC, rowid DESC LIMIT ?2",
    ),
    (
        "mail_untaken",
        "SELECT * FROM mail WHERE recipient = ?1 AND taken_by IS NULL
        ORDER BY at DESC, id DESC",
    ),
    ("mail_at", "DELETE FROM mail WHERE at < ?1"),
    ("mail_taken", "DELETE FROM mail WHERE taken_by IS NOT NULL"),
    (
        "code_at",
        "SELECT code.id FROM reservation JOIN code ON code.at >= reservation.at
        WHERE reservation.resource = ?1 AND reservation.run = ?2
          AND (code.channel = ?1 OR code.channel IS NULL) AND code.taken_by IS NULL
        ORDER BY code.at, code.id",
    ),
    ("code_at", "DELETE FROM code WHERE at < ?1"),
    ("code_taken", "DELETE FROM code WHERE taken_by IS NOT NULL"),
    ("reservation_run", "DELETE FROM reservation WHERE run = ?1"),
    (
        "challenge_open",
        "SELECT * FROM challenge WHERE answer IS NULL AND until > ?1
        ORDER BY until, rowid",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_is_used_by_the_query_that_it_names() {
    let home = Home::new().await;
    let store = home.sqlite();
    let all = store.read(|conn| {
        for (index, sql) in USES {
            let mut plan = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let nulls = vec![rusqlite::types::Null; plan.parameter_count()];
            let lines: Vec<String> = plan
                .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))?
                .collect::<Result<_, _>>()?;
            let lines = lines.join("; ");
            assert!(lines.contains(index), "{index} is not used by {sql}: {lines}");
        }
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";
        let names =
            conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok::<Vec<String>, _>(names)
    });
    for index in all.await.unwrap() {
        assert!(USES.iter().any(|(used, _)| *used == index), "{index} names no query here");
    }
}
