// SPDX-License-Identifier: Apache-2.0
//
// Evaluates a grammar.js with the functions that tree-sitter gives it, and prints its rules as JSON in
// the form that tree-sitter's own grammar.json has.
//
// usage: node evaluate_grammar.js GRAMMAR

'use strict';

const path = require('path');

function rule(value) {
  if (typeof value === 'string') return { type: 'STRING', value };
  if (value instanceof RegExp) return { type: 'PATTERN', value: value.source };
  if (value && typeof value.type === 'string') return value;
  throw new TypeError(`not a rule: ${String(value)}`);
}

const members = values => values.map(rule);
const wrapped = type => content => ({ type, content: rule(content) });
const ranked = type => (value, content) => ({ type, value, content: rule(content) });

global.seq = (...values) => ({ type: 'SEQ', members: members(values) });
global.choice = (...values) => ({ type: 'CHOICE', members: members(values) });
global.optional = value => global.choice(value, { type: 'BLANK' });
global.repeat = wrapped('REPEAT');
global.repeat1 = wrapped('REPEAT1');
global.field = (name, content) => ({ type: 'FIELD', name, content: rule(content) });
global.alias = (content, name) => ({
  type: 'ALIAS', content: rule(content), value: typeof name === 'string' ? name : name.name,
  named: typeof name !== 'string',
});
global.prec = ranked('PREC');
global.token = wrapped('TOKEN');
global.token.immediate = wrapped('IMMEDIATE_TOKEN');

const symbols = new Proxy({}, { get: (_, name) => ({ type: 'SYMBOL', name }) });

global.grammar = options => {
  const rules = {};
  for (const [name, make] of Object.entries(options.rules)) rules[name] = rule(make(symbols));
  const list = make => (make ? make(symbols).map(rule) : []);
  return {
    name: options.name, rules, word: options.word(symbols).name, extras: list(options.extras),
    externals: list(options.externals).map(symbol => symbol.name),
    supertypes: list(options.supertypes).map(symbol => symbol.name),
  };
};

process.stdout.write(JSON.stringify(require(path.resolve(process.argv[2]))));
