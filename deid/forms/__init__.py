"""The forms of the resident health record as data: what each asks, and how it lies in a CSV file.

The forms are those of the national standard of basic public health services (国家基本公共卫生服务
规范, third edition, 2017). ``data/`` has one file a form; the keys of its fields are those of the
shipped vocabulary, so that a filled form has one meaning wherever it comes from.
"""

from deid.forms.catalogue import find_form, load_forms
from deid.forms.describing import describe_form, describe_forms, render_page, write_template
from deid.forms.model import Choice, Column, Conversion, Field, ResidentForm, Unit
from deid.forms.writing import FilledForm, FormFiles, Whose, form_rows

__all__ = [
    "Choice",
    "Column",
    "Conversion",
    "Field",
    "FilledForm",
    "FormFiles",
    "ResidentForm",
    "Unit",
    "Whose",
    "describe_form",
    "describe_forms",
    "find_form",
    "form_rows",
    "load_forms",
    "render_page",
    "write_template",
]
