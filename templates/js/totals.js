// What rows of a table come to together.

import { written } from './numbers.js';

/** @import { Table } from './rows.js' */

/**
 * The sums of the columns shown that can be added up, over rows; what is inside another of them is not added again.
 * Empty where there is nothing to add or not everything is known.
 * @param {Table} table
 * @param {number[]} hits
 * @param {number[]} shown places of columns
 * @returns {string}
 */
export function together(table, hits, shown) {
  if (hits.length < 2) return '';
  const outer = outermost(table, hits);
  const sums = shown.map((place) => table.columns[place]).filter((column) => column.total && column.form !== 'words');
  const parts = sums.flatMap((column) => {
    const sum = outer.reduce((all, i) => all + (Number.isNaN(column.values[i]) ? 0 : column.values[i]), 0);
    return sum > 0 ? [`${column.title} ${written(column.form === 'exact' ? 'count' : column.form, sum).text}`] : [];
  });
  return parts.join(', ');
}

/**
 * Those of some rows that are in no other of them.
 * @param {Table} table
 * @param {number[]} hits
 * @returns {number[]}
 */
export function outermost(table, hits) {
  if (!table.tree) return hits;
  const all = new Set(hits);
  return hits.filter((i) => {
    for (let up = table.parents[i]; up >= 0; up = table.parents[up]) if (all.has(up)) return false;
    return true;
  });
}
