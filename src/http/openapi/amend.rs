//! What utoipa has no word for, said in the finished document.

use serde_json::{Value, json};

/// Amends a document.
pub(super) fn amend(document: &mut Value) {
    name_the_items_of_pages(document);
    say_what_the_data_of_events_is(document);
    tidy(document);
}

/// Pages consist of what has a name: utoipa repeats it in full.
fn name_the_items_of_pages(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (name, schema) in schemas {
        if let Some(item) = name.strip_prefix("Page_") {
            schema["properties"]["items"]["items"] = reference(item);
        }
    }
}

/// The data of an event is a text, and that text is JSON.
fn say_what_the_data_of_events_is(document: &mut Value) {
    let data = &mut document["components"]["schemas"]["StreamEvent"]["properties"]["data"];
    data["contentSchema"] = json!({ "anyOf": [reference("EventBody"), reference("LastWord")] });
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// Marks every header of an answer as one that is always there, which utoipa has no word for, and
/// takes the ends of lines out of what was wrapped as a comment.
fn tidy(document: &mut Value) {
    match document {
        Value::Object(parts) => {
            for (name, part) in parts {
                match (name.as_str(), &mut *part) {
                    ("headers", Value::Object(headers)) => {
                        headers.values_mut().for_each(|header| header["required"] = true.into());
                    }
                    ("description" | "summary", Value::String(text)) => *text = unwrapped(text),
                    (_, part) => tidy(part),
                }
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Paragraphs of one line each.
fn unwrapped(text: &str) -> String {
    let paragraphs: Vec<_> = text.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
    paragraphs.join("\n\n")
}
