// SPDX-License-Identifier: GPL-3.0-or-later
// Draws a terminal screen, as `tmux capture-pane -e -p` prints it, as an SVG picture.
// Usage: node screen-to-svg.mjs < capture > screen.svg
import { readFileSync } from 'node:fs';

const CELL_W = 9, CELL_H = 18, FRONT = '#d0d0d0', BACK = '#101418';
const ANSI = ['#000000', '#cd3131', '#0dbc79', '#e5e510', '#2472c8', '#bc3fbc', '#11a8cd', '#e5e5e5',
	'#666666', '#f14c4c', '#23d18b', '#f5f543', '#3b8eea', '#d670d6', '#29b8db', '#ffffff'];

function colour256(n) {
	const steps = [0, 95, 135, 175, 215, 255];
	if (n < 16)
		return ANSI[n];
	if (n >= 232)
		return `rgb(${Array(3).fill(8 + (n - 232) * 10)})`;
	n -= 16;
	return `rgb(${[steps[Math.floor(n / 36)], steps[Math.floor(n / 6) % 6], steps[n % 6]]})`;
}

function isWide(code) {
	return (code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
		(code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
		(code >= 0xfe30 && code < 0xfe70) || (code >= 0xff00 && code < 0xff61) ||
		(code >= 0xffe0 && code < 0xffe7) || (code >= 0x1f300 && code < 0x1f650) || code >= 0x20000;
}

function applySgr(style, numbers) {
	for (let i = 0; i < numbers.length; i++) {
		const n = numbers[i];
		const extended = () => {
			if (numbers[i + 1] === 5)
				return colour256(numbers[(i += 2)]);
			i += 4;
			return `rgb(${numbers.slice(i - 2, i + 1)})`;
		};
		if (n === 0) Object.assign(style, { front: null, back: null, bold: false, dim: false, reverse: false });
		else if (n === 1) style.bold = true;
		else if (n === 2) style.dim = true;
		else if (n === 7) style.reverse = true;
		else if (n === 22) style.bold = style.dim = false;
		else if (n === 27) style.reverse = false;
		else if (n >= 30 && n < 38) style.front = ANSI[n - 30];
		else if (n === 38) style.front = extended();
		else if (n === 39) style.front = null;
		else if (n >= 40 && n < 48) style.back = ANSI[n - 40];
		else if (n === 48) style.back = extended();
		else if (n === 49) style.back = null;
		else if (n >= 90 && n < 98) style.front = ANSI[n - 82];
		else if (n >= 100 && n < 108) style.back = ANSI[n - 92];
	}
}

// The block characters fill their cell exactly; fonts leave seams.
const BLOCKS = { '\u2580': [0, 0, 1, 0.5], '\u2584': [0, 0.5, 1, 0.5], '\u2588': [0, 0, 1, 1],
	'\u258c': [0, 0, 0.5, 1], '\u2590': [0.5, 0, 0.5, 1] };

function rect(x, y, w, h, fill) {
	return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}"/>`;
}

function drawCell(out, row, column, character, width, style) {
	let front = style.front ?? FRONT, back = style.back ?? null;
	const x = column * CELL_W, y = row * CELL_H;
	if (style.reverse)
		[front, back] = [back ?? BACK, front];
	if (back)
		out.push(rect(x, y, CELL_W * width, CELL_H, back));
	if (BLOCKS[character]) {
		const [bx, by, bw, bh] = BLOCKS[character];
		out.push(rect(x + bx * CELL_W, y + by * CELL_H, bw * CELL_W, bh * CELL_H, front));
	} else if (character !== ' ') {
		const safe = character.replace('&', '&amp;').replace('<', '&lt;');
		out.push(`<text x="${x}" y="${y + 14}" fill="${front}"${style.bold ? ' font-weight="bold"' : ''}` +
			`${style.dim ? ' opacity="0.7"' : ''} textLength="${CELL_W * width}">${safe}</text>`);
	}
}

const lines = readFileSync(0, 'utf8').replace(/\n$/, '').split('\n');
const style = { front: null, back: null, bold: false, dim: false, reverse: false };
const out = [];
let columns = 0;
lines.forEach((line, row) => {
	let column = 0;
	for (const [, sgr, character] of line.matchAll(/\x1b\[([0-9;]*)m|\x1b.|([^\x1b])/gu)) {
		if (sgr !== undefined)
			applySgr(style, sgr.split(';').map(Number));
		if (!character)
			continue;
		const width = isWide(character.codePointAt(0)) ? 2 : 1;
		drawCell(out, row, column, character, width, style);
		column += width;
	}
	columns = Math.max(columns, column);
});
const w = columns * CELL_W, h = lines.length * CELL_H;
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" shape-rendering="crispEdges" ` +
	`font-family="DejaVu Sans Mono, WenQuanYi Micro Hei Mono, monospace" font-size="14.9px">` +
	rect(0, 0, w, h, BACK) + out.join('') + '</svg>');
