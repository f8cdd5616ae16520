//! Text for people before it is printed: what is bold, what is red, how wide a cell may be.
//!
//! Styles are kept as marks in the text (Unicode noncharacters) until [`crate::output`] prints it. There everything is
//! made harmless first and the marks become colors or nothing last, so that no data can bring an escape sequence of its own.

use anstyle::{AnsiColor, Style};

/// How a piece of text is to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// Headings.
    Bold,
    /// What matters less.
    Dim,
    /// Errors.
    Red,
    /// All is well.
    Green,
    /// Mind this.
    Yellow,
    /// Commands to type.
    Cyan,
}

const END: char = '\u{fddf}';

impl Look {
    const ALL: [Look; 6] =
        [Look::Bold, Look::Dim, Look::Red, Look::Green, Look::Yellow, Look::Cyan];

    const fn mark(self) -> char {
        match self {
            Look::Bold => '\u{fdd0}',
            Look::Dim => '\u{fdd1}',
            Look::Red => '\u{fdd2}',
            Look::Green => '\u{fdd3}',
            Look::Yellow => '\u{fdd4}',
            Look::Cyan => '\u{fdd5}',
        }
    }

    const fn style(self) -> Style {
        match self {
            Look::Bold => Style::new().bold(),
            Look::Dim => Style::new().dimmed(),
            Look::Red => AnsiColor::Red.on_default().bold(),
            Look::Green => AnsiColor::Green.on_default(),
            Look::Yellow => AnsiColor::Yellow.on_default(),
            Look::Cyan => AnsiColor::Cyan.on_default(),
        }
    }

    /// Marks a text.
    pub(crate) fn on(self, text: &str) -> String {
        format!("{}{text}{END}", self.mark())
    }
}

/// What the text will be printed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    /// The columns of the terminal; `None` when nothing may be cut.
    pub(crate) width: Option<usize>,
}

impl Page {
    /// A page on which nothing is cut: a pipe, a file, what a person is about to agree to.
    pub(crate) const WHOLE: Page = Page { width: None };
}

/// Returns marked text as it goes to a terminal or pipe: harmless, with colors or without.
pub(crate) fn finished(text: &str, color: bool) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            END => {
                if color {
                    out.push_str(&Style::new().bold().render_reset().to_string());
                }
            }
            _ => match Look::ALL.into_iter().find(|look| look.mark() == c) {
                Some(look) if color => out.push_str(&look.style().render().to_string()),
                Some(_) => {}
                None => crate::clean::push(&mut out, c),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_colors_or_nothing_and_data_brings_none() {
        let text = format!("{} \u{1b}[31mdata\n", Look::Bold.on("head"));
        assert_eq!(finished(&text, false), "head \\u{1b}[31mdata\n");
        assert_eq!(finished(&text, true), "\u{1b}[1mhead\u{1b}[0m \\u{1b}[31mdata\n");
    }
}
