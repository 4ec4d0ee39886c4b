//! Files are put into file fields, made in the page.

use mavm_browser::{ElementState, Error, TextMatch, UploadFile};

use crate::on_both;
use crate::stage::{BRIEF, SOON};

fn file(name: &str, bytes: &[u8]) -> UploadFile {
    UploadFile { name: name.into(), mime_type: "text/plain".into(), bytes: bytes.into() }
}

on_both! {
    a_file_field_gets_files_with_name_type_and_content: |stage| {
        stage.open("uploading.html").await;
        let log = |text: &str| stage.css("#log").filter_text(TextMatch::contains(text));
        stage.css("#one").upload(&[file("a.txt", b"first")], SOON).await.unwrap();
        log("(1 in one)").text(SOON).await.unwrap();
        assert_eq!(stage.log().await, "input change a.txt|text/plain|5|first (1 in one)");
        stage.label("Many").upload(&[file("b.txt", b"x"), file("c.txt", b"")], SOON).await.unwrap();
        log("(2 in many)").text(SOON).await.unwrap();
        // No files: the field is emptied.
        stage.label("Many").upload(&[], SOON).await.unwrap();
        log("(0 in many)").text(SOON).await.unwrap();
    }

    a_hidden_field_and_one_behind_its_label_get_files: |stage| {
        stage.open("uploading.html").await;
        stage.css("#hidden").upload(&[file("h.txt", "ü".as_bytes())], SOON).await.unwrap();
        stage.css("label[for=one]").upload(&[file("l.txt", b"l")], SOON).await.unwrap();
        let log = stage.css("#log").filter_text(TextMatch::contains("(1 in one)"));
        let log = log.text(SOON).await.unwrap();
        assert!(log.contains("h.txt|text/plain|2|ü") && log.contains("l.txt|text/plain|1|l"), "{log}");
    }

    what_takes_no_files_says_so: |stage| {
        stage.open("uploading.html").await;
        let two = [file("a", b""), file("b", b"")];
        for (css, files, why) in [
            ("#text", &two[..1], "is not a file field"),
            ("#one", &two[..], "takes one file, and 2 were given"),
            ("#folder", &two[..1], "takes a folder"),
        ] {
            let error = stage.css(css).upload(files, SOON).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)) && error.to_string().contains(why), "{error}");
        }
        let large = [file("large", &vec![0; (4 << 20) + 1])];
        let error = stage.css("#one").upload(&large, SOON).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error}");
        let error = stage.css("#off").upload(&two[..1], BRIEF).await.unwrap_err();
        assert!(matches!(error, Error::TimedOut(_)) && error.to_string().contains("disabled"), "{error}");
        assert_eq!(stage.log().await, "");
    }

    the_largest_upload_arrives_whole: |stage| {
        stage.open("uploading.html").await;
        let bytes: Vec<u8> = (0..4 << 20).map(|n: u32| b'a' + (n % 26) as u8).collect();
        stage.css("#one").upload(&[file("large", &bytes)], SOON).await.unwrap();
        // More than can be read: the page is asked.
        let log = stage.css("#log").filter_text(TextMatch::contains("|4194304|abcdef"));
        log.filter_text(TextMatch::contains("(1 in one)")).wait_for(ElementState::Attached, SOON).await.unwrap();
    }
}
