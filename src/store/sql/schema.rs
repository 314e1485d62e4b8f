//! The tables as diesel knows them: `migrations/sqlite`, in Rust.
//!
//! Written by hand and checked by the tests that store every record and read it back. Not in here:
//! constraints and indexes, which only the migrations know.

#![allow(missing_docs, unreachable_pub, reason = "what the macro makes is public and bare")]

diesel::table! {
    hosts (id) {
        id -> Text,
        uri -> Text,
        added_at -> BigInt,
        maintenance_by -> Nullable<Text>,
        maintenance_reason -> Nullable<Text>,
        maintenance_since -> Nullable<BigInt>,
        seen_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    instances (id) {
        id -> Text,
        name -> Text,
        host -> Text,
        policy -> Text,
        priority -> Integer,
        added_at -> BigInt,
        desired_state -> Text,
        desired_generation -> BigInt,
        desired_since -> BigInt,
        desired_by -> Text,
        settled -> Bool,
        in_sync_since -> Nullable<BigInt>,
        observed -> Nullable<Text>,
        observed_since -> Nullable<BigInt>,
        observed_source -> Nullable<Text>,
        down_with -> Nullable<Text>,
        last_active_host -> Nullable<Text>,
        last_active_at -> Nullable<BigInt>,
        budget_since -> BigInt,
        holds -> Nullable<Text>,
        configured_desired -> Nullable<Text>,
        configured_policy -> Nullable<Text>,
        configured_priority -> Nullable<Integer>,
    }
}

diesel::table! {
    incidents (id) {
        id -> BigInt,
        instance -> Nullable<Text>,
        host -> Text,
        severity -> Text,
        opened_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        desired -> Nullable<Text>,
        observed -> Nullable<Text>,
        resolution -> Nullable<Text>,
        attempts -> BigInt,
        summary -> Text,
        instances -> Nullable<Text>,
    }
}

diesel::table! {
    attempts (id) {
        id -> BigInt,
        instance -> Text,
        host -> Text,
        incident -> Nullable<BigInt>,
        generation -> BigInt,
        command -> Text,
        at -> BigInt,
        outcome -> Nullable<Text>,
        outcome_at -> Nullable<BigInt>,
        outcome_detail -> Nullable<Text>,
    }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        at -> BigInt,
        kind -> Text,
        host -> Nullable<Text>,
        instance -> Nullable<Text>,
        incident -> Nullable<BigInt>,
        author -> Nullable<Text>,
        text -> Text,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    definitions (instance) {
        instance -> Text,
        host -> Text,
        taken_at -> BigInt,
        persistent -> Bool,
        autostart -> Bool,
        on_crash -> Text,
        hash -> BigInt,
        xml -> Text,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        message -> BigInt,
        receiver -> Text,
        host -> Text,
        incident -> BigInt,
        phase -> Text,
        severity -> Text,
        created_at -> BigInt,
        next_at -> BigInt,
        attempts -> BigInt,
        delivered_at -> Nullable<BigInt>,
        error -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(attempts, incidents, instances);
diesel::allow_tables_to_appear_in_same_query!(deliveries, incidents);
