import { showBoard } from './board.ts';
import { readData } from './data.ts';
import { element } from './dom.ts';
import { showPage } from './page.ts';

// What runs in the page: reads its data, and builds everything that is seen.

const main = document.querySelector('main') ?? document.body;
try {
  const { data, curves } = await readData();
  if (data.kind === 'dashboard') {
    showBoard(main, data, curves);
  } else {
    showPage(main, data, curves);
  }
  main.setAttribute('data-ready', '');
} catch (error) {
  main.replaceChildren(element('p', { role: 'alert' }, `The page cannot be shown: ${error}`));
}
