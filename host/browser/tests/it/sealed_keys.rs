//! Sealed values are typed as if by keys, as a whole or not at all.

use mavm_browser::{Error, Locator, Sealed, Value};

use crate::on_both;
use crate::stage::{SOON, Stage};

async fn type_sealed(field: &Locator, secret: &str) -> Result<(), Error> {
    let origins = vec![Stage::origin(&Stage::own(""))];
    field.type_keys(Value::Sealed(Sealed::new(secret.into(), origins)), SOON).await
}

on_both! {
    boxes_that_move_the_focus_late_get_one_sign_each: |stage| {
        stage.open("sealed-keys.html").await;
        type_sealed(&stage.css("#late input").first(), "5678").await.unwrap();
        assert_eq!(stage.css("#late input:valid").count(SOON).await.unwrap(), 4);
    }

    a_page_that_lets_only_digits_pass_sees_that_they_are: |stage| {
        stage.open("sealed-keys.html").await;
        for id in ["pressed", "coded"] {
            type_sealed(&stage.css(&format!("#{id}")), "471100").await.unwrap();
            assert_eq!(stage.css(&format!("#{id}:valid")).count(SOON).await.unwrap(), 1, "{id}");
        }
    }

    what_finds_no_place_is_taken_out_again: |stage| {
        stage.open("sealed-keys.html").await;
        let error = type_sealed(&stage.css("#zip"), "4539578763621486").await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("after 5 characters")), "{error}");
        assert_eq!(stage.css("#zip:invalid").count(SOON).await.unwrap(), 1);
        assert_eq!(stage.log().await, "0 echoed");
    }

    a_field_that_takes_no_key_is_an_error: |stage| {
        stage.open("sealed-keys.html").await;
        let error = type_sealed(&stage.css("#deaf"), "4711").await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("after 0 characters")), "{error}");
    }
}
