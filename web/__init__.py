"""The portal: a browser's requests become one call into casework each, and its answer a page. It never imports the engine."""
