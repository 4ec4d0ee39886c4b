//! Every kind of field takes what it can hold, and says so where it can't.

use mavm_browser::{Error, Sealed, Value};

use crate::on_both;
use crate::stage::{SOON, Stage};

on_both! {
    a_field_takes_the_form_of_its_kind: |stage| {
        stage.open("kinds-of-fields.html").await;
        for (id, value, shown) in [
            ("range", "70", "70"),
            ("color", "#AbCdEf", "#abcdef"),
            ("date", "2026-11-20", "2026-11-20"),
            ("time", "13:15", "13:15"),
            ("datetime", "2026-11-20T05:15", "2026-11-20T05:15"),
            ("month", "2026-07", "2026-07"),
            ("week", "2026-W50", "2026-W50"),
            ("number", "-10e5", "-10e5"),
            ("number", "", ""),
            ("number", "42 ", "42"), ("date", " 2026-11-21\n", "2026-11-21"), ("range", "75 ", "75"), ("color", " #AbCdEe", "#abcdee"),
            ("search", "Street 1\r\nCity\n", "Street 1 City"), ("short-area", "a\r\n", "a\n"),
            ("search", "s", "s"), ("email", "a@b", "a@b"), ("tel", "+1", "+1"), ("url", "x:y", "x:y"), ("password", "p", "p"),
        ] {
            stage.css(&format!("#{id}")).fill(value, SOON).await.unwrap();
            assert_eq!(stage.css(&format!("#{id}")).value(SOON).await.unwrap(), shown, "{id}");
        }
    }

    a_value_of_another_form_is_refused_and_the_old_one_stays: |stage| {
        stage.open("kinds-of-fields.html").await;
        stage.css("#month").fill("2026-01", SOON).await.unwrap();
        for (id, value, form) in [
            ("range", "foo", "within its bounds"), ("range", "101", "within its bounds"), ("range", "3", "within its bounds"),
            ("color", "red", "#1a2b3c"), ("date", "2020-13-05", "2026-11-20"), ("time", "25:05", "17:30"),
            ("datetime", "bad", "2026-11-20T17:30"), ("month", "2020-13", "2026-11"), ("week", "2020-123", "2026-W47"), ("number", "abc", "1.5"),
            ("file", "x", "upload"), ("box", "x", "check"), ("send", "x", "click"), ("log", "x", "not a field"),
        ] {
            let error = stage.css(&format!("#{id}")).fill(value, SOON).await.unwrap_err();
            assert!(matches!(&error, Error::Invalid(why) if why.contains(form)), "{id}: {error}");
        }
        assert_eq!(stage.css("#month").value(SOON).await.unwrap(), "2026-01");
        assert_eq!(stage.css("#range").value(SOON).await.unwrap(), "50");
        assert_eq!(stage.css("#color").value(SOON).await.unwrap(), "#e66465");
    }

    a_length_bounds_only_kinds_that_have_one: |stage| {
        stage.open("kinds-of-fields.html").await;
        for (id, value) in [("#long-number", "12345"), ("#long-date", "2026-11-20")] {
            let field = stage.css(id);
            field.fill(value, SOON).await.unwrap();
            assert_eq!(field.value(SOON).await.unwrap(), value, "{id}");
        }
        for id in ["#short", "#short-area"] {
            let error = stage.css(id).fill("123", SOON).await.unwrap_err();
            assert!(error.to_string().contains("at most 2 characters"), "{id}: {error}");
        }
        // Valid is only the whole of it.
        let number = stage.css("#long-number");
        number.fill("", SOON).await.unwrap();
        let sealed = Sealed::new("4711".into(), vec![Stage::origin(&Stage::own(""))]);
        number.type_keys(Value::Sealed(sealed), SOON).await.unwrap();
        assert_eq!(stage.css("#long-number:valid").count(SOON).await.unwrap(), 1);
        assert_eq!(number.attribute("value", SOON).await.unwrap().as_deref(), Some("••••"));
    }

    editable_text_is_replaced: |stage| {
        stage.open("kinds-of-fields.html").await;
        for id in ["#rich", "#collapsing", "#plain"] {
            stage.css(id).fill("two\nlines", SOON).await.unwrap();
            assert_eq!(stage.css(id).text(SOON).await.unwrap(), "two lines", "{id}");
            stage.css(id).fill("", SOON).await.unwrap();
            assert_eq!(stage.css(id).text(SOON).await.unwrap(), "", "{id}");
        }
    }

    an_editor_that_changes_its_text_by_itself_gets_what_is_filled: |stage| {
        stage.open("kinds-of-fields.html").await;
        let model = stage.css("#model");
        model.fill("new", SOON).await.unwrap();
        assert_eq!(model.text(SOON).await.unwrap(), "insertText: new");
        model.fill("", SOON).await.unwrap();
        assert_eq!(model.text(SOON).await.unwrap(), "deleteContentBackward:");
    }

    a_state_is_asked_only_of_what_can_have_it: |stage| {
        stage.open("kinds-of-fields.html").await;
        for id in ["#log", "#send-it"] {
            let asked = stage.css(id);
            let (editable, checked) = (asked.is_editable(SOON).await, asked.is_checked(SOON).await);
            assert!(matches!(editable, Err(Error::Invalid(_))), "{id}: {editable:?}");
            assert!(matches!(checked, Err(Error::Invalid(_))), "{id}: {checked:?}");
            let value = asked.value(SOON).await;
            assert!(matches!(value, Err(Error::Invalid(_))), "{id}: {value:?}");
        }
        assert!(!stage.css("#missing").is_checked(SOON).await.unwrap());
        assert!(!stage.css("#missing").is_editable(SOON).await.unwrap());
        for (id, editable) in [("rich", true), ("box", true), ("said-locked", true), ("aria-locked", false)] {
            assert_eq!(stage.css(&format!("#{id}")).is_editable(SOON).await.unwrap(), editable, "{id}");
        }
        // Neither yes nor no is no.
        assert!(!stage.css("#box").is_checked(SOON).await.unwrap());
        // What aria says of a field of the browser's own keeps nobody from typing.
        stage.css("#said-locked").fill("typed", SOON).await.unwrap();
    }

    the_events_are_those_that_the_documentation_names: |stage| {
        stage.open("kinds-of-fields.html").await;
        stage.css("#told").fill("after", SOON).await.unwrap();
        assert_eq!(stage.log().await, "focus input* change*");
        stage.css("#next").focus(SOON).await.unwrap();
        assert_eq!(stage.log().await, "focus input* change* blur");
        stage.css("#shadowed").fill("x", SOON).await.unwrap();
        assert!(stage.log().await.ends_with("out of the shadow"));
        // Typed: each key by itself, and the change when the field is left.
        for sealed in [false, true] {
            stage.open("kinds-of-fields.html").await;
            let value = if sealed { Value::Sealed(Sealed::new("7".into(), vec![Stage::origin(&Stage::own(""))])) } else { Value::plain("7") };
            stage.css("#told").type_keys(value, SOON).await.unwrap();
            stage.css("#next").focus(SOON).await.unwrap();
            let log = stage.log().await.replace('*', "");
            let mut told: Vec<&str> = log.split(' ').collect();
            // Which of the two comes first when a field is left is not told.
            told[4..].sort_unstable();
            assert_eq!(told, ["focus", "keydown", "beforeinput", "input", "blur", "change"], "sealed: {sealed}");
        }
    }
}
