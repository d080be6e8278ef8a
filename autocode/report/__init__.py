"""What all reports are written with: sections of blocks, as one page and as a Word document.

blocks     what a report is made of
apa        how numbers are written
drawing    figures: one record, written as SVG and as a picture
page       sections as HTML
document   sections as a Word document
"""
