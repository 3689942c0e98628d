// SPDX-License-Identifier: Apache-2.0
//
// SMAP script for tree-sitter. The rules follow Grammar/smap.ebnf, layer by layer, so the grammar is
// LR(1) as it stands and needs no declared conflicts; hidden rules (with an underscore) leave only
// what carries meaning in the tree. `src/scanner.c` decides the two things that are not context-free:
// whether a line end ends a statement, and whether a `{` opens a block.
//
// It is more lenient than the language in five points, which does an editor no harm: a row of a matrix
// may hold a spread or end in a comma, the string after `import` may have holes, a hole may span
// lines, `catch` may begin a line, and a keyword is a name where it cannot be a keyword.

const digits = /[0-9][0-9_]*/;

/** `rule`, separated by commas, with one more comma allowed at the end. */
function items(rule) {
  return seq(rule, repeat(seq(',', rule)), optional(','));
}

/** A layer of left-associative operators: `operand (operator operand)*`. */
function chain(self, operator, operand) {
  return seq(field('left', self), field('operator', operator), field('right', operand));
}

module.exports = grammar({
  name: 'smap',

  word: $ => $.identifier,

  extras: $ => [/[ \t\r\n]/, $.comment],

  externals: $ => [$._newline, $._block_open],

  supertypes: $ => [$.statement, $.pattern],

  rules: {
    // Programs

    source_file: $ => seq(
      repeat(choice(seq($.statement, $._separator), $._separator)),
      optional($.statement),
    ),

    _separator: $ => choice($._newline, ';'),

    statement: $ => choice(
      $.let_statement,
      $.function_declaration,
      $.for_statement,
      $.while_statement,
      $.return_statement,
      $.jump_statement,
      $.assignment,
      $._expression,
    ),

    let_statement: $ => seq('let', field('pattern', $.pattern), '=', field('value', $._expression)),

    function_declaration: $ => seq('fn', field('name', $.identifier), $._signature, $._body),

    for_statement: $ => seq(
      'for', field('pattern', $.pattern), 'in', field('values', $._expression),
      field('body', $.block),
    ),

    while_statement: $ => seq(
      'while', field('condition', $._expression), field('body', $.block),
    ),

    return_statement: $ => seq('return', optional($._expression)),

    jump_statement: _ => choice('break', 'continue'),

    assignment: $ => seq(
      field('target', $._target),
      field('operator', choice('=', '+=', '-=', '*=', '/=')),
      field('value', $._expression),
    ),

    _target: $ => choice($.identifier, $.field_access, $.index),

    block: $ => seq(
      alias($._block_open, '{'),
      repeat(choice(seq($.statement, $._separator), $._separator)),
      optional($.statement),
      '}',
    ),

    // Patterns

    pattern: $ => choice($.identifier, $.list_pattern, $.record_pattern),

    list_pattern: $ => seq(
      '[',
      optional(seq(
        $.pattern, repeat(seq(',', $.pattern)), optional(seq(',', $.rest)),
      )),
      ']',
    ),

    record_pattern: $ => seq('{', $.identifier, repeat(seq(',', $.identifier)), '}'),

    rest: $ => seq('...', $.identifier),

    // Functions

    _signature: $ => seq(
      field('parameters', $.parameters),
      optional(seq('->', field('result', $._annotation))),
    ),

    parameters: $ => seq('(', optional(items($._parameter)), ')'),

    _parameter: $ => choice($.parameter, $.rest, $.named_only),

    parameter: $ => seq(
      field('pattern', $.pattern),
      optional(seq(':', field('annotation', $._annotation))),
      optional(seq('=', field('default', $._expression))),
    ),

    named_only: _ => '*',

    _annotation: $ => choice(alias($.identifier, $.type_name), $.shape),

    shape: $ => seq(
      '[', optional(seq($._dimension, repeat(seq(',', $._dimension)))), ']',
    ),

    _dimension: $ => choice(alias($.identifier, $.dimension), $.number, '...'),

    _body: $ => choice(seq('=', field('body', $._expression)), field('body', $.block)),

    // Expressions, loosest first

    _expression: $ => choice($.lambda, $._pipeline),

    lambda: $ => seq('fn', $._signature, $._body),

    _pipeline: $ => choice($._or, $.pipeline),
    pipeline: $ => seq(field('value', $._pipeline), '|>', field('function', $._postfix)),

    _or: $ => choice($._and, alias($._or_operation, $.binary_operation)),
    _or_operation: $ => chain($._or, 'or', $._and),

    _and: $ => choice($._not, alias($._and_operation, $.binary_operation)),
    _and_operation: $ => chain($._and, 'and', $._not),

    _not: $ => choice($._comparison, alias($._not_operation, $.unary_operation)),
    _not_operation: $ => seq(field('operator', 'not'), field('operand', $._not)),

    _comparison: $ => choice($._sum, $.comparison),
    comparison: $ => chain(
      $._sum, choice('==', '!=', '<', '<=', '>', '>=', 'in'), $._sum,
    ),

    _sum: $ => choice($._product, alias($._sum_operation, $.binary_operation)),
    _sum_operation: $ => chain($._sum, choice('+', '-'), $._product),

    _product: $ => choice($._unary, alias($._product_operation, $.binary_operation)),
    _product_operation: $ => chain($._product, choice('*', '/', '//', '%', '@'), $._unary),

    _unary: $ => choice($._power, alias($._negation, $.unary_operation)),
    _negation: $ => seq(field('operator', '-'), field('operand', $._unary)),

    _power: $ => choice($._postfix, alias($._power_operation, $.binary_operation)),
    _power_operation: $ => chain($._postfix, '**', $._unary),

    _postfix: $ => choice($._primary, $.call, $.index, $.field_access),

    call: $ => seq(field('function', $._postfix), field('arguments', $.arguments)),

    arguments: $ => seq('(', optional(items($._argument)), ')'),

    _argument: $ => choice($._expression, $.named_argument, $.spread),

    named_argument: $ => seq(field('name', $.identifier), '=', field('value', $._expression)),

    spread: $ => seq('...', $._expression),

    index: $ => seq(field('value', $._postfix), '[', items($._subscript), ']'),

    _subscript: $ => choice($._expression, $.slice, $.all_axes),

    all_axes: _ => '...',

    slice: $ => seq(
      field('start', optional($._expression)), ':', field('end', optional($._expression)),
      optional(seq(':', field('step', optional($._expression)))),
    ),

    field_access: $ => seq(field('value', $._postfix), '.', field('field', $.identifier)),

    _primary: $ => choice(
      $.identifier, $.number, $.string, $.true, $.false, $.nil,
      $.parenthesized, $.list, $.matrix, $.comprehension, $.record,
      $.if_expression, $.try_expression, $.import_expression,
    ),

    true: _ => 'true',
    false: _ => 'false',
    nil: _ => 'nil',

    parenthesized: $ => seq('(', $._expression, ')'),

    list: $ => seq('[', optional(items($._item)), ']'),

    _item: $ => choice($._expression, $.spread),

    matrix: $ => seq(
      '[', items($._item), ';',
      optional(seq(items($._item), repeat(seq(';', items($._item))), optional(';'))),
      ']',
    ),

    comprehension: $ => seq(
      '[', field('value', $._expression), repeat1($.clause),
      optional(seq('if', field('condition', $._expression))), ']',
    ),

    clause: $ => seq('for', field('pattern', $.pattern), 'in', field('values', $._expression)),

    record: $ => seq('{', optional(items($._entry)), '}'),

    _entry: $ => choice($.pair, alias($.identifier, $.shorthand), $.spread),

    pair: $ => seq(
      field('key', choice($.identifier, $.string)), ':', field('value', $._expression),
    ),

    if_expression: $ => seq(
      'if', field('condition', $._expression), field('consequence', $.block),
      optional(seq('else', field('alternative', choice($.if_expression, $.block)))),
    ),

    try_expression: $ => seq(
      'try', field('body', $.block), 'catch', field('error', $.identifier),
      optional(seq(':', field('kind', $.identifier))), field('handler', $.block),
    ),

    import_expression: $ => seq('import', field('path', $.string)),

    // Tokens

    identifier: _ => /[A-Za-z_][A-Za-z0-9_]*/,

    number: _ => token(seq(
      digits, optional(seq('.', digits)), optional(seq(/[eE][+-]?/, digits)),
    )),

    string: $ => choice(
      seq(
        '"',
        repeat(choice($.string_content, $.escape_sequence, $.hole)),
        token.immediate('"'),
      ),
      alias(token(/'[^'\n]*'/), $.verbatim),
    ),

    string_content: _ => token.immediate(prec(1, /[^"\\{}\n]+/)),

    escape_sequence: _ => token.immediate(choice(
      /\\[nrt"\\]/, /\\u\{[0-9A-Fa-f]+\}/, '{{', '}}',
    )),

    hole: $ => seq(
      token.immediate('{'), field('value', $._expression),
      optional(seq(':', optional(field('format', $.format)))), '}',
    ),

    // It follows the colon directly; a blank there is the fill of an alignment. Everything in it may be missing,
    // but not all of it. A `#` in it begins no comment.
    format: _ => token.immediate(prec(2, choice(
      seq(/[^{}"\\\n\r]?[<>^][+-]?#?[0-9]*[,_]?/, optional(seq('.', digits)), optional(/[bdefgosxX%]/)),
      seq(/[+-]#?[0-9]*[,_]?/, optional(seq('.', digits)), optional(/[bdefgosxX%]/)),
      seq(/#[0-9]*[,_]?/, optional(seq('.', digits)), optional(/[bdefgosxX%]/)),
      seq(/[0-9]+[,_]?/, optional(seq('.', digits)), optional(/[bdefgosxX%]/)),
      seq(/[,_]/, optional(seq('.', digits)), optional(/[bdefgosxX%]/)),
      seq('.', digits, optional(/[bdefgosxX%]/)),
      /[bdefgosxX%]/,
    ))),

    comment: _ => token(/#[^\n]*/),
  },
});
