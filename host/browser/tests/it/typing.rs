//! Keys go to the element as if typed.

use mavm_browser::{ClickOptions, Error, Sealed, Value};

use crate::on_both;
use crate::stage::SOON;

on_both! {
    letters_are_typed_one_by_one: |stage| {
        stage.open("typing.html").await;
        stage.css("#field").type_keys("aB+é", SOON).await.unwrap();
        assert_eq!(stage.css("#field").value(SOON).await.unwrap(), "aB+é");
        assert_eq!(stage.log().await, "a B +");
        stage.css("#area").type_keys("x\ny", SOON).await.unwrap();
        assert_eq!(stage.css("#area").value(SOON).await.unwrap(), "x\ny");
    }

    keys_have_names: |stage| {
        stage.open("typing.html").await;
        let field = stage.css("#field");
        field.type_keys("abc", SOON).await.unwrap();
        field.press("Control+A", SOON).await.unwrap();
        field.press("Backspace", SOON).await.unwrap();
        assert_eq!(field.value(SOON).await.unwrap(), "");
        field.press("z", SOON).await.unwrap();
        field.press("Enter", SOON).await.unwrap();
        assert_eq!(stage.log().await, "a b c C-Control C-A Backspace z Enter submitted");
        assert!(matches!(field.press("Nonsense", SOON).await, Err(Error::Invalid(_))));
    }

    a_key_with_shift_types_what_is_above: |stage| {
        stage.open("typing.html").await;
        let field = stage.css("#field");
        for key in ["Shift+a", "KeyB", "Shift+KeyC", "Shift+1", "Shift+Minus", "Digit2", "Backquote"] {
            field.press(key, SOON).await.unwrap();
        }
        assert_eq!(field.value(SOON).await.unwrap(), "AbC!_2`");
        field.press("Meta", SOON).await.unwrap();
        assert!(stage.log().await.ends_with("` Meta"));
        let refused = field.press("Control+KeyV", SOON).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }

    keys_wait_until_the_field_takes_them: |stage| {
        stage.open("typing.html").await;
        let locked = stage.css("#locked");
        let typed = locked.type_keys("key by key", SOON);
        let (typed, ()) = tokio::join!(typed, async {
            stage.css("#unlock").click(ClickOptions::default(), SOON).await.unwrap();
        });
        typed.unwrap();
        assert_eq!(locked.value(SOON).await.unwrap(), "key by key");
    }

    a_code_is_typed_across_its_boxes: |stage| {
        for (value, shown) in [(Value::plain("1234"), "1"), (Value::Sealed(Sealed::new("5678".into(), Vec::new())), "••••")] {
            stage.open("typing.html").await;
            let boxes = stage.css("#boxes input");
            boxes.first().type_keys(value, SOON).await.unwrap();
            assert_eq!(boxes.first().value(SOON).await.unwrap(), shown);
            assert_eq!(stage.css("#boxes input:valid").count(SOON).await.unwrap(), 4);
            assert!(!boxes.last().value(SOON).await.unwrap().is_empty());
        }
    }
}
