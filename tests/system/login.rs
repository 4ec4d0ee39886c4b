//! A site behind HTTP authentication is opened with the `login` that mavm.toml has for it.

use std::sync::{Arc, Mutex};

use mavm_tests::{Machine, Setup};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const PASSWORD: &str = "open sesame 42";
/// `staging:open sesame 42` as browsers send it.
const KEY: &str = "Basic c3RhZ2luZzpvcGVuIHNlc2FtZSA0Mg==";

/// What the locked site was given, request by request; none where it was asked without.
type Given = Arc<Mutex<Vec<Option<String>>>>;

/// A site that is locked, and leads who has the key on to `inside`.
async fn locked(inside: String) -> (String, Given) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let given = Given::default();
    let keeps = given.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, inside.clone(), keeps.clone()));
        }
    });
    (address, given)
}

async fn answer(mut stream: TcpStream, inside: String, given: Given) {
    let (reader, mut writer) = stream.split();
    let mut lines = BufReader::new(reader).lines();
    let (mut path, mut key) = (String::new(), None);
    while let Ok(Some(line)) = lines.next_line().await {
        if line.is_empty() {
            break;
        }
        if let Some(rest) = line.strip_prefix("GET ") {
            path = rest.split(' ').next().unwrap_or_default().to_owned();
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("authorization")
        {
            key = Some(value.to_owned());
        }
    }
    let head = match key.as_deref() {
        Some(KEY) => format!("302 Found\r\nLocation: {inside}{path}"),
        _ => "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"staging\"".to_owned(),
    };
    given.lock().unwrap().push(key);
    let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    // A browser that has gone needs no answer.
    let _ = writer.write_all(answer.as_bytes()).await;
}

#[tokio::test]
async fn a_locked_site_is_opened_with_the_login_of_the_configuration() {
    let mut machine = Machine::start(Setup { target: 0, ..Setup::with(&[]) }).await;
    let signup = machine.sandbox().addresses().signup.clone();
    let (address, given) = locked(signup.clone()).await;
    machine.kill();
    let file = machine.folder().join("mavm.toml");
    let toml = std::fs::read_to_string(&file).unwrap();
    // What is behind the lock is a site of its own, since secrets go to a site's base only.
    let changes = [
        (
            format!("[sites.signup]\nbase = \"{signup}\"\norigins = ["),
            format!(
                "[sites.inside]\nbase = \"{signup}\"\n\n[sites.signup]\nbase = \"{address}\"\n\
                 login = {{ user = \"staging\", secret = \"staging-password\" }}\n\
                 origins = [\"{signup}\", "
            ),
        ),
        ("sites = [\"signup\"".to_owned(), "sites = [\"inside\", \"signup\"".to_owned()),
    ];
    let toml = changes.iter().fold(toml, |toml, (before, after)| {
        assert!(toml.contains(before), "no {before} in {toml}");
        toml.replace(before, after)
    });
    std::fs::write(&file, toml).unwrap();

    // The password is not set yet: the host says so when it starts, and the run when it gets there.
    machine.serve().await;
    assert!(machine.log().contains("mavm secrets set staging-password"), "{}", machine.log());
    let output = machine.verb(&["run", "create-account"], "").await;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{said}");
    for part in ["failed:", &address, "staging", "`login` in mavm.toml"] {
        assert!(said.contains(part), "no {part} in: {said}");
    }
    assert!(given.lock().unwrap().iter().all(Option::is_none), "nobody knows the password");

    machine.verb_ok(&["secrets", "set", "staging-password"], PASSWORD).await;
    machine.kill();
    machine.serve().await;
    let said = machine.verb_ok(&["run", "create-account"], "").await;
    assert!(said.contains("succeeded"), "{said}");
    let given: Vec<String> = given.lock().unwrap().iter().flatten().cloned().collect();
    assert!(!given.is_empty() && given.iter().all(|key| key == KEY), "{given:?}");
    let shown = mavm_tests::files_that_hold(machine.folder(), &[PASSWORD.to_owned()]);
    assert!(shown.is_empty(), "the password lies about: {shown:?}");
}
