import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isDark, said } from '../../templates/js/host-theme.js';

test('what the themes of documentation sites say is read', () => {
  assert.equal(said('data-theme', 'dark'), 'dark');
  assert.equal(said('data-theme', 'light'), 'light');
  assert.equal(said('data-md-color-scheme', 'slate'), 'dark');
  assert.equal(said('data-md-color-scheme', 'default'), 'light');
  assert.equal(said('data-color-mode', 'dark-dimmed'), 'dark');
});

test('what says nothing of the theme leaves it open', () => {
  for (const value of ['auto', '', null, 'dracula', 'darkness']) assert.equal(said('data-theme', value), '');
});

test('of classes only the plain words count', () => {
  assert.equal(said('class', 'no-js dark'), 'dark');
  assert.equal(said('class', 'btn-dark navbar-light'), '');
});

test('a background tells the theme where it covers what is behind it', () => {
  assert.equal(isDark('rgb(15, 19, 24)'), true);
  assert.equal(isDark('rgb(255, 255, 255)'), false);
  assert.equal(isDark('rgba(0, 0, 0, 0)'), null);
  assert.equal(isDark('rgba(0, 0, 0, 0.8)'), true);
  assert.equal(isDark('color(srgb 1 1 1)'), null);
});
