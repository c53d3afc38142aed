//! Here-documents (POSIX 2.7.4): their bodies follow the next newline, long after the redirection was read.

use super::parser::{Parsed, Parser};
use super::tree::{Command, CommandKind, Part, PartKind, Redirect, Script, Word};
use super::word::Context;
use crate::source::Span;

/// A here-document whose body has not been read yet.
pub(super) struct Pending {
    number: usize,
    delimiter: Vec<u8>,
    expand: bool,
    tabs: bool,
}

/// A here-document's body.
pub(super) struct Body {
    span: Span,
    parts: Vec<Part>,
}

impl Parser<'_> {
    /// Notes a here-document. The number in the redirect's `body` is replaced by the span in [`attach`].
    pub(super) fn owe_heredoc(&mut self, delimiter: &Word, tabs: bool) -> Option<Span> {
        let number = self.bodies.len();
        self.bodies.push(None);
        let (delimiter, expand) = unquote(delimiter.span.of(self.text));
        self.pending.push(Pending { number, delimiter, expand, tabs });
        Some(Span::empty(number))
    }

    /// Reads the bodies that are owed; the place is the start of a line.
    pub(super) fn read_heredocs(&mut self) -> Parsed<()> {
        for pending in std::mem::take(&mut self.pending) {
            let (body, next) = self.find_body(&pending);
            let mut parts = Vec::new();
            if pending.expand {
                let whole = self.text;
                self.text = whole.get(..body.end).unwrap_or_default();
                self.at = body.start;
                let owed = std::mem::take(&mut self.pending);
                parts = self.nest(|parser| parser.parts(Context::Heredoc))?;
                self.pending = owed;
                self.text = whole;
            }
            self.at = next;
            if let Some(place) = self.bodies.get_mut(pending.number) {
                *place = Some(Body { span: body, parts });
            }
        }
        Ok(())
    }

    /// The body's span and where the text goes on behind the closing line. A text that ends first ends the body.
    fn find_body(&self, pending: &Pending) -> (Span, usize) {
        let start = self.at;
        let mut at = start;
        let mut joined = false;
        while at < self.text.len() {
            let rest = self.text.get(at..).unwrap_or_default();
            let len = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let next = (at + len + 1).min(self.text.len());
            let mut line = rest.get(..len).unwrap_or_default();
            let escapes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
            while let (true, [b'\t', tail @ ..]) = (pending.tabs, line) {
                line = tail;
            }
            if !joined && line == pending.delimiter {
                return (Span::new(start, at), next);
            }
            // A continued line is one with the next, which then is no closing line.
            joined = pending.expand && escapes % 2 == 1;
            at = next;
        }
        (Span::new(start, at), at)
    }
}

/// Quote removal for a delimiter, and whether the body expands: only when nothing of the delimiter is quoted.
fn unquote(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut text = Vec::with_capacity(raw.len());
    let (mut expand, mut quote) = (true, None);
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\'' | b'"', None) => (quote, expand) = (Some(byte), false),
            (byte, Some(open)) if byte == open => quote = None,
            (b'\\', None) => {
                let next = bytes.next();
                // A continuation is no quoting.
                if next != Some(b'\n') {
                    expand = false;
                    text.extend(next);
                }
            }
            (b'\\', Some(b'"')) => match bytes.peek() {
                Some(b'"' | b'\\' | b'$' | b'`') => text.extend(bytes.next()),
                _ => text.push(byte),
            },
            _ => text.push(byte),
        }
    }
    (text, expand)
}

/// Puts the bodies into the redirects that asked for them.
pub(super) fn attach(script: &mut Script, bodies: &mut [Option<Body>]) {
    for list in &mut script.lists {
        for command in list.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.commands) {
            attach_command(command, bodies);
        }
    }
}

fn attach_command(command: &mut Command, bodies: &mut [Option<Body>]) {
    match &mut command.kind {
        CommandKind::Simple { assignments, words } => {
            assignments.iter_mut().chain(words).for_each(|word| attach_parts(&mut word.parts, bodies));
        }
        CommandKind::Compound { bodies: lists, words, .. } => {
            words.iter_mut().for_each(|word| attach_parts(&mut word.parts, bodies));
            lists.iter_mut().for_each(|list| attach(list, bodies));
        }
        CommandKind::Function { body, .. } => attach_command(body, bodies),
    }
    for redirect in &mut command.redirects {
        attach_redirect(redirect, bodies);
    }
}

fn attach_redirect(redirect: &mut Redirect, bodies: &mut [Option<Body>]) {
    attach_parts(&mut redirect.target.parts, bodies);
    let Some(number) = redirect.body.take() else { return };
    if let Some(body) = bodies.get_mut(number.start).and_then(Option::take) {
        redirect.body = Some(body.span);
        redirect.content = body.parts;
        attach_parts(&mut redirect.content, bodies);
    }
}

fn attach_parts(parts: &mut [Part], bodies: &mut [Option<Body>]) {
    for part in parts {
        match &mut part.kind {
            PartKind::Double(parts) | PartKind::Arithmetic(parts) | PartKind::Parameter { parts, .. } => {
                attach_parts(parts, bodies);
            }
            PartKind::Substitution(Some(script)) => attach(script, bodies),
            PartKind::Array(words) => words.iter_mut().for_each(|word| attach_parts(&mut word.parts, bodies)),
            _ => {}
        }
    }
}
