"""Asset folders: which part of a path or scope is one, and which files a command line runs."""

import pytest

from iisight.rules.configuration._asset_folders import ASSET_FOLDERS, asset_folder, asset_scope, code_files

OPTIONS = {"asset_folders": ASSET_FOLDERS}
APPS = frozenset({"c:\\inetpub\\shop", "d:\\media", "e:"})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("C:\\inetpub\\shop\\uploads\\a.ps1", "uploads"),
        ("C:/inetpub/shop/IMAGES/x/a.exe", "images"),
        ("D:\\media\\app.exe", ""),
        ("D:\\media\\img\\app.exe", "img"),
        ("E:\\img\\app.exe", "img"),
        ("C:\\inetpub\\other\\img\\app.exe", "img"),
        ("F:\\img\\app.exe", ""),
        ("app.exe", ""),
    ],
)
def test_only_folders_between_an_application_and_its_file_count(path: str, found: str) -> None:
    assert asset_folder(path, APPS, OPTIONS) == found


@pytest.mark.parametrize(
    ("scope", "app", "found"),
    [
        ("Shop/uploads", "Shop", "uploads"),
        ("Images/a", "Images", ""),
        ("Shop/media", "Shop/media", ""),
        ("Shop/media/css", "Shop/media", "css"),
        ("Shop/aspnet_client/v2", "Shop/aspnet_client/v2", "aspnet_client"),
        ("Shop/uploads", "", "uploads"),
    ],
)
def test_the_names_of_the_site_and_of_the_application_are_free(scope: str, app: str, found: str) -> None:
    assert asset_scope(scope, app, OPTIONS) == found


def test_scripts_and_programs_of_a_command_line_are_found_quoted_relative_and_absolute() -> None:
    command = '-File .\\a.ps1 "C:\\a b\\c.bat" http://example.net/d.js -Dtmp=C:\\Temp %E%\\e.cmd'

    assert list(code_files(command, "C:\\site")) == ["C:\\site\\a.ps1", "C:\\a b\\c.bat"]


def test_relative_files_are_left_out_where_nothing_says_what_they_are_relative_to() -> None:
    assert list(code_files("/c start.bat")) == []
