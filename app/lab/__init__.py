"""The lab: JupyterLab in the workspace of one project."""
