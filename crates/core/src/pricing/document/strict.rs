//! The strict check: every field is known, stands once, is there when it must be, and has its form.

use super::DocumentValue;
use super::problem::{Problems, below, meant};
use super::shape::{Field, Form, Shape};

/// Checks a table against its shape, and all that is below it.
pub(super) fn table(value: &DocumentValue, shape: &Shape, place: &str, problems: &mut Problems) {
    let DocumentValue::Table(fields) = value else {
        let what = format!("is {}", value.kind());
        return problems.add(place, what, format!("write a table: {}", shape.about));
    };
    for (index, (name, value)) in fields.iter().enumerate() {
        let place = below(place, name);
        let Some(field) = shape.field(name) else {
            let known = shape.fields.iter().map(|field| field.name);
            problems.add(&place, "there is no such field", meant(name, known));
            continue;
        };
        if fields[..index].iter().any(|(before, _)| before == name) {
            problems.add(&place, "stands twice", "keep one of them");
        }
        form(value, field.form, &place, problems);
    }
    for field in missing(shape, fields) {
        let what = "is missing";
        problems.add(&below(place, field.name), what, format!("add it: {}", field.about));
    }
    choice(shape, fields, place, problems);
}

fn missing<'s>(
    shape: &'s Shape,
    fields: &'s [(String, DocumentValue)],
) -> impl Iterator<Item = &'s Field> {
    let absent = |field: &&Field| !fields.iter().any(|(name, _)| name == field.name);
    shape.fields.iter().filter(|field| field.needed).filter(absent)
}

/// Checks that exactly one of the fields that exclude each other is there.
fn choice(shape: &Shape, fields: &[(String, DocumentValue)], place: &str, problems: &mut Problems) {
    let chosen: Vec<&str> =
        shape.one_of.iter().copied().filter(|one| fields.iter().any(|(n, _)| n == one)).collect();
    match chosen.as_slice() {
        [] if !shape.one_of.is_empty() => {
            let mend = format!("write one of {}", shape.one_of.join(", "));
            problems.add(place, "gives nothing", mend);
        }
        [_, _, ..] => {
            let what = format!("gives {} at once", chosen.join(" and "));
            problems.add(place, what, "write each in a table of its own");
        }
        _ => {}
    }
}

fn form(value: &DocumentValue, wanted: Form, place: &str, problems: &mut Problems) {
    use DocumentValue::{Flag, Integer, List, Table, Text};
    let good = match (wanted, value) {
        (Form::Table(shape), _) => return table(value, shape, place, problems),
        (Form::OneOrMore(shape), Table(_)) => return table(value, shape, place, problems),
        (Form::Tables(shape) | Form::OneOrMore(shape), List(values)) => {
            if values.is_empty() {
                problems.add(place, "is an empty list", "put a table in or leave it out");
            }
            for (index, value) in values.iter().enumerate() {
                table(value, shape, &format!("{place}[{index}]"), problems);
            }
            return;
        }
        (Form::Texts | Form::SomeOf(_) | Form::Decimals | Form::Values, List(values)) => {
            if values.is_empty() {
                problems.add(place, "is an empty list", "put something in or leave it out");
            }
            let each = match wanted {
                Form::SomeOf(words) => Form::OneOf(words),
                Form::Decimals => Form::Decimal,
                Form::Values => Form::Values,
                _ => Form::Text,
            };
            for (index, value) in values.iter().enumerate() {
                form(value, each, &format!("{place}[{index}]"), problems);
            }
            return;
        }
        (Form::Values, value) if place.ends_with(']') => {
            matches!(value, Text(_) | Integer(_) | Flag(_))
        }
        (Form::OneOf(words), Text(word)) if !words.contains(&word.as_str()) => {
            let what = format!("{word:?} is not a word it knows");
            return problems.add(place, what, meant(word, words.iter().copied()));
        }
        (Form::Text | Form::OneOf(_) | Form::Money | Form::Rate | Form::Decimal, Text(_)) => true,
        (Form::Count, Integer(number)) => u32::try_from(*number).is_ok_and(|count| count > 0),
        (Form::Integer, Integer(number)) => i32::try_from(*number).is_ok(),
        (Form::Flag, Flag(_)) => true,
        _ => false,
    };
    if !good {
        let found = match value {
            Integer(number) => format!("is {number}"),
            value => format!("is {}", value.kind()),
        };
        problems.add(place, found, format!("write {}", example(wanted)));
    }
}

fn example(form: Form) -> &'static str {
    match form {
        Form::Text | Form::OneOf(_) => "words in quotes",
        Form::Texts | Form::SomeOf(_) => "a list of words: [\"one\", \"two\"]",
        Form::Money => "an amount in quotes: \"10.00\"",
        Form::Rate => "a percentage in quotes: \"10%\"",
        Form::Decimal => "a number in quotes: \"1.5\"",
        Form::Decimals => "a list of numbers in quotes: [\"1.5\"]",
        Form::Count => "a whole number from 1 on",
        Form::Integer => "a whole number",
        Form::Flag => "true or false",
        Form::Values => "a list of words, whole numbers, true or false",
        Form::Table(_) => "a table",
        Form::Tables(_) | Form::OneOrMore(_) => "a list of tables",
    }
}
