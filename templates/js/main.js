import { startTheme } from './theme.js';

document.documentElement.classList.add('js');
const tools = document.querySelector('[data-tools="theme"]');
if (tools) startTheme(tools);
