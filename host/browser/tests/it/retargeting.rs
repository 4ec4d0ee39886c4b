//! An element that stands for another one, as a label does for its field, is taken for it.

use mavm_browser::{Choice, Error, TextMatch};

use crate::on_both;
use crate::stage::SOON;

on_both! {
    a_label_and_what_is_in_it_fill_their_field: |stage| {
        stage.open("retargeting.html").await;
        for (label, field) in [("#around", "#one"), ("#word", "#one"), ("#for", "#two"), ("#title", "#two")] {
            stage.css(label).fill(label, SOON).await.unwrap();
            assert_eq!(stage.css(field).value(SOON).await.unwrap(), label);
            assert_eq!(stage.css(label).value(SOON).await.unwrap(), label);
        }
        stage.css("#list").select(&[Choice::Label(TextMatch::exact("cat"))], SOON).await.unwrap();
        assert_eq!(stage.css("#many").value(SOON).await.unwrap(), "cat");
        stage.css("#title").type_keys("!", SOON).await.unwrap();
        assert!(stage.css("#two").value(SOON).await.unwrap().contains('!'));
    }

    enabled_is_what_the_control_is: |stage| {
        stage.open("retargeting.html").await;
        for (id, enabled) in [("around", true), ("shut", false), ("in-dead", false), ("alive", true), ("in-legend", true), ("grouped", false), ("veiled", false), ("lifted", true), ("plain-text", true), ("no-role", true), ("off-tab", false)] {
            assert_eq!(stage.css(&format!("#{id}")).is_enabled(SOON).await.unwrap(), enabled, "{id}");
        }
    }

    a_box_is_checked_and_not_the_link_in_its_label: |stage| {
        stage.open("retargeting.html").await;
        stage.css("#terms").check(SOON).await.unwrap();
        assert!(stage.css("#agreed").is_checked(SOON).await.unwrap());
        assert_eq!(stage.log().await, "");
        for id in ["#painted", "#boxed", "#deep-label", "#own-word"] {
            stage.css(id).check(SOON).await.unwrap();
            assert!(stage.css(id).is_checked(SOON).await.unwrap(), "{id}");
        }
        stage.css("#painted-label").uncheck(SOON).await.unwrap();
        assert!(!stage.css("#painted").is_checked(SOON).await.unwrap());
    }

    a_radio_button_is_unchecked_by_another_one_only: |stage| {
        stage.open("retargeting.html").await;
        let error = stage.css("#first").uncheck(SOON).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(why) if why.contains("check another one")), "{error}");
        stage.css("#second").check(SOON).await.unwrap();
        stage.css("#first").uncheck(SOON).await.unwrap();
        assert!(!stage.css("#first").is_checked(SOON).await.unwrap());
    }
}
