import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeLayout, changeSorting, layoutOf, sortingOf } from '../../web/client/drive/view-settings.ts';

describe('the layout of a folder', () => {
  it('is a list until tiles are chosen, for that folder and those within, and for no other', () => {
    assert.equal(layoutOf(['trips', 'root']), 'list');
    changeLayout(['trips', 'root'], 'tiles');
    assert.equal(layoutOf(['trips', 'root']), 'tiles');
    assert.equal(layoutOf(['rome', 'trips', 'root']), 'tiles');
    assert.equal(layoutOf(['letters', 'root']), 'list');
  });

  it('that was chosen in a folder within counts more than that of the one around it', () => {
    changeLayout(['root'], 'tiles');
    changeLayout(['letters', 'root'], 'list');
    assert.equal(layoutOf(['letters', 'root']), 'list');
    assert.equal(layoutOf(['music', 'root']), 'tiles');
  });

  it('is kept beside how a folder is sorted', () => {
    changeSorting('trips', { sort: 'size', order: 'desc' });
    changeLayout(['trips', 'root'], 'list');
    assert.deepEqual(sortingOf('trips'), { sort: 'size', order: 'desc' });
    assert.equal(layoutOf(['trips', 'root']), 'list');
  });
});
