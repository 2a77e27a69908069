"""What the PDF needs beside its templates: fonts, headings, tags and the variables of ``templates/print.html``."""
